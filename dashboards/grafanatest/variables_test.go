package grafanatest

import (
	"fmt"
	"slices"
	"testing"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// choose does what Grafana does when a dashboard is opened: it asks for the values of each variable in turn, with what is
// chosen of those before it, and keeps the choice of the dashboard, or of picked where it says something.
func (b board) choose(t *testing.T, s *source, over span, picked map[string]string) choices {
	t.Helper()
	c := choices{}
	for _, v := range b.Templating.List {
		switch v.Type {
		case "datasource": // stands in no SQL
		case "textbox":
			c[v.Name] = chosen{values: []string{v.Query}}
		case "query":
			c[v.Name] = v.choose(t, s, over, c, picked[v.Name])
		default:
			t.Errorf("%s: nobody has said what Grafana does with a variable of type %s", b.UID, v.Type)
		}
	}
	return c
}

func (v boardVariable) choose(t *testing.T, s *source, over span, c choices, picked string) chosen {
	t.Helper()
	sql, err := c.replace(v.Query)
	if err != nil {
		t.Fatalf("variable %s: %v", v.Name, err)
	}
	f, err := s.ask(t, sql, table, over.of(24))
	if err != nil {
		t.Fatalf("variable %s: %v", v.Name, err)
	}
	options := texts(t, v.Name, f)
	current := fmt.Sprint(v.Current.Value)
	switch {
	case picked != "":
		if !slices.Contains(options, picked) {
			t.Fatalf("variable %s gives %q, and not %s", v.Name, options, picked)
		}
		return chosen{values: []string{picked}}
	case v.IncludeAll && current == "[$__all]":
		return chosen{values: options, all: true}
	case len(options) == 0: // Grafana shows None and puts nothing in its place
		return chosen{values: []string{""}}
	case !slices.Contains(options, current):
		t.Errorf("variable %s begins with %s, which is none of %q", v.Name, current, options)
	}
	return chosen{values: []string{current}}
}

// texts is the values of a variable: one column is value and text, of two the first is the value.
func texts(t *testing.T, name string, f *data.Frame) (values []string) {
	t.Helper()
	if len(f.Fields) != 1 && len(f.Fields) != 2 {
		t.Fatalf("variable %s: %d columns", name, len(f.Fields))
	}
	for _, field := range f.Fields {
		if kindOf(field) != "string" {
			t.Errorf("variable %s: column %s is a %s", name, field.Name, kindOf(field))
		}
	}
	for i := range f.Fields[0].Len() {
		v, _ := f.Fields[0].ConcreteAt(i)
		values = append(values, fmt.Sprint(v))
		if slices.Index(values, values[i]) != i {
			t.Errorf("variable %s gives %s twice", name, values[i])
		}
	}
	return values
}
