package grafanatest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"artery/internal/embedded/embeddedtest"
	"artery/internal/schema"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// rule is an alert rule as it is committed.
type rule struct {
	UID, Condition, NoDataState string
	Annotations                 map[string]string
	Data                        []struct {
		RefID             string
		RelativeTimeRange struct{ From, To int64 }
		Model             struct {
			target
			Type, Expression string
			Conditions       []struct {
				Evaluator struct {
					Type   string
					Params []float64
				}
			}
		}
	}
}

func rules(t *testing.T) (all []rule) {
	t.Helper()
	var file struct{ Groups []struct{ Rules []rule } }
	readJSON(t, "../provisioning/alerting/rules.json", &file)
	for _, g := range file.Groups {
		all = append(all, g.Rules...)
	}
	if len(all) == 0 {
		t.Fatal("no rules")
	}
	return all
}

// firing evaluates a rule: its query goes to the data source as it stands, for there is no front end, and each row is a
// number with labels, which is compared. Of each that fires, the query of reasons has one row whose labels include the
// alert's: Grafana gives it to the annotations. It returns how many fire.
func (r rule) firing(t *testing.T, s *source, now time.Time) (n int) {
	t.Helper()
	if len(r.Data) < 2 || len(r.Data) > 3 || r.Condition != r.Data[1].RefID || r.Data[1].Model.Expression != r.Data[0].RefID || r.Data[1].Model.Type != "threshold" || len(r.Data[1].Model.Conditions) != 1 {
		t.Errorf("%s is not a query, a threshold on it and perhaps reasons: %+v", r.UID, r.Data)
		return 0
	}
	numbers := r.numbers(t, s, 0, now)
	if len(numbers) == 0 && r.NoDataState == "Alerting" {
		return 1
	}
	var reasons []number
	if len(r.Data) == 3 {
		reasons = r.numbers(t, s, 2, now)
	}
	evaluator := r.Data[1].Model.Conditions[0].Evaluator
	for _, a := range numbers {
		holds, known := map[string]bool{"gt": a.value > evaluator.Params[0], "gte": a.value >= evaluator.Params[0], "lt": a.value < evaluator.Params[0]}[evaluator.Type]
		if !known {
			t.Errorf("%s: nobody has said what %s is", r.UID, evaluator.Type)
		}
		if !holds {
			continue
		}
		n++
		of := slices.DeleteFunc(slices.Clone(reasons), func(c number) bool { return !c.labels.Contains(a.labels) })
		if len(r.Data) == 3 && len(of) != 1 {
			t.Errorf("%s: %d reasons of %s", r.UID, len(of), a.labels)
		}
	}
	return n
}

// numbers asks the i-th query of a rule.
func (r rule) numbers(t *testing.T, s *source, i int, now time.Time) []number {
	t.Helper()
	query := r.Data[i]
	over := span{from: now.Add(-time.Duration(query.RelativeTimeRange.From) * time.Second), to: now.Add(-time.Duration(query.RelativeTimeRange.To) * time.Second), interval: time.Second}
	f, err := s.ask(t, query.Model.RawSQL, query.Model.Format, over)
	if err != nil {
		t.Errorf("%s: %v", r.UID, err)
		return nil
	}
	numbers, err := numbersOf(f)
	if err != nil {
		t.Errorf("%s: %v", r.UID, err)
	}
	return numbers
}

// Every rule is evaluated without an error, and those of what was planted fire.
func testRules(t *testing.T, s *source, now time.Time, fire ...string) {
	t.Helper()
	for _, r := range rules(t) {
		if n := r.firing(t, s, now); (n > 0) != slices.Contains(fire, r.UID) {
			t.Errorf("%s: %d alerts fire", r.UID, n)
		}
	}
}

// put puts settings in force, as a loader's start does.
func (s *source) put(t *testing.T, settings schema.Settings) {
	t.Helper()
	if _, err := schema.ActivateSettings(t.Context(), embeddedtest.Open(t, s.dsn), settings); err != nil {
		t.Fatal(err)
	}
	clear(s.known) // what was asked before says nothing of it
}

// number is a row of an alert rule's query.
type number struct {
	labels data.Labels
	value  float64
}

// numbersOf is what Grafana's expressions make of a table: it must have one column of numbers, and else texts, which are the
// labels of the number. Two numbers with the same labels are an error there.
func numbersOf(f *data.Frame) (numbers []number, err error) {
	var value *data.Field
	for _, field := range f.Fields {
		switch kind := kindOf(field); {
		case kind == "number" && value == nil:
			value = field
		case kind != "string":
			return nil, fmt.Errorf("field %s is a %s", field.Name, kind)
		}
	}
	if value == nil {
		return nil, fmt.Errorf("no number among %d fields", len(f.Fields))
	}
	seen := map[string]bool{}
	for i := range value.Len() {
		n := number{labels: data.Labels{}}
		for _, field := range f.Fields {
			if field != value {
				v, _ := field.ConcreteAt(i)
				n.labels[field.Name] = fmt.Sprint(v)
			}
		}
		if key := n.labels.String(); seen[key] {
			return nil, fmt.Errorf("two rows have the labels %s", key)
		} else {
			seen[key] = true
		}
		if _, ok := value.ConcreteAt(i); !ok {
			return nil, fmt.Errorf("the number of %s is null", n.labels)
		}
		if n.value, err = value.FloatAt(i); err != nil {
			return nil, fmt.Errorf("the number of %s: %w", n.labels, err)
		}
		numbers = append(numbers, n)
	}
	return numbers, nil
}
