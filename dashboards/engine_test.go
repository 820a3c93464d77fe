package main

import (
	"fmt"
	"math"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func dashQueries() []string {
	return slices.DeleteFunc(schema.Queries(), func(name string) bool { return !strings.HasPrefix(name, "dash_") && !strings.HasPrefix(name, "alert_") })
}

// everything is All over the dashboard's range; narrowed is one tenant and project.
func everything(from time.Duration) view {
	return view{from: ago(from), to: started, interval: from / 100}
}

func narrowed(from time.Duration) view {
	v := everything(from)
	v.tenant, v.project = []string{"acme"}, []string{alpha}
	return v
}

// answer is what ClickHouse says, by rows. Types are number, text, time, or
// ClickHouse's own name for what Grafana could not show.
type answer struct {
	names, types []string
	rows         []map[string]any
	took         time.Duration
}

var wrapped = regexp.MustCompile(`^(?:Nullable|LowCardinality)\((.*)\)$`)

func kindOf(name string) string {
	for wrapped.MatchString(name) {
		name = wrapped.FindStringSubmatch(name)[1]
	}
	switch {
	case strings.HasPrefix(name, "DateTime"), strings.HasPrefix(name, "Date"):
		return "time"
	case strings.HasPrefix(name, "Int"), strings.HasPrefix(name, "UInt"), strings.HasPrefix(name, "Float"):
		return "number"
	case name == "String":
		return "text"
	}
	return name
}

func ask(t testing.TB, conn driver.Conn, sql string) answer {
	t.Helper()
	begin := time.Now()
	rows, err := schema.Ask(t.Context(), conn, sql)
	if err != nil {
		t.Errorf("%v\n%s", err, sql)
		return answer{}
	}
	a := answer{names: rows.Names, took: time.Since(begin)}
	for _, name := range rows.Types {
		a.types = append(a.types, kindOf(name))
	}
	for _, values := range rows.Rows {
		row := map[string]any{}
		for i, name := range a.names {
			row[name] = plainValue(reflect.ValueOf(values[i]))
		}
		a.rows = append(a.rows, row)
	}
	return a
}

// remember returns ask for a database that does not change any more: the same SQL is asked once. The trust row is on every
// dashboard, and some panels stand on two.
func remember(conn driver.Conn) func(t testing.TB, sql string) answer {
	known := map[string]answer{}
	return func(t testing.TB, sql string) answer {
		t.Helper()
		a, ok := known[sql]
		if !ok {
			a = ask(t, conn, sql)
			known[sql] = a
		}
		return a
	}
}

// plainValue is nil, a float64, a string or a time.
func plainValue(v reflect.Value) any {
	switch {
	case !v.IsValid():
		return nil
	case v.CanInt():
		return float64(v.Int())
	case v.CanUint():
		return float64(v.Uint())
	case v.CanFloat():
		return v.Float()
	}
	return v.Interface()
}

var label = regexp.MustCompile(`\$\{__field\.labels\.(\w+)\}`)

// check holds an answer against what the panel needs.
func (p generatedPanel) check(a answer) (faults []string) {
	fault := func(format string, args ...any) { faults = append(faults, fmt.Sprintf(format, args...)) }
	if len(a.names) == 0 {
		return []string{"no answer"}
	}
	count := map[string]int{}
	for i, kind := range a.types {
		count[kind]++
		if kind != "number" && kind != "text" && kind != "time" {
			fault("column %s is a %s", a.names[i], kind)
		}
	}
	for _, o := range p.FieldConfig.Overrides {
		if name, ok := o.Matcher.Options.(string); ok && o.Matcher.ID == "byName" && !slices.Contains(a.names, name) {
			fault("an override names the column %s", name)
		}
	}
	switch p.Type {
	case "timeseries", "status-history":
		if a.names[0] != "time" || a.types[0] != "time" || count["time"] != 1 || count["number"] == 0 {
			fault("a time series of %v %v", a.names, a.types)
		}
		m := label.FindStringSubmatch(p.FieldConfig.Defaults.DisplayName)
		if count["text"] != min(len(m), 1) || m != nil && a.types[slices.Index(a.names, m[1])] != "text" {
			fault("display name %q for the columns %v", p.FieldConfig.Defaults.DisplayName, a.names)
		}
		if !slices.IsSortedFunc(a.rows, func(x, y map[string]any) int { return x["time"].(time.Time).Compare(y["time"].(time.Time)) }) {
			fault("times do not rise")
		}
	case "stat":
		if len(a.rows) > 1 || count["number"] != len(a.names) {
			fault("a stat of %d rows, columns %v", len(a.rows), a.types)
		}
	case "bargauge":
		if count["text"] != 1 || count["number"] != 1 || len(a.names) != 2 {
			fault("a bar gauge of %v", a.types)
		}
	case "table":
		if len(a.names) != countOverrides(p) {
			fault("the columns %v, of which %d have a title", a.names, countOverrides(p))
		}
	default:
		fault("nobody has said what a %s needs", p.Type)
	}
	for _, row := range a.rows {
		for name, v := range row {
			if f, ok := v.(float64); ok && (math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) > 1<<53) {
				fault("%s is %v", name, f)
			}
		}
	}
	return faults
}

func countOverrides(p generatedPanel) (n int) {
	for _, o := range p.FieldConfig.Overrides {
		if o.Matcher.ID == "byName" {
			n++
		}
	}
	return n
}

var ranges = map[string]time.Duration{"artery-overview": 45 * 24 * time.Hour, failuresUID: 45 * 24 * time.Hour, pipelinesUID: 45 * 24 * time.Hour, capacityUID: 45 * 24 * time.Hour, gatesUID: 45 * 24 * time.Hour, healthUID: 24 * time.Hour, doraUID: 45 * 24 * time.Hour, doraExplainedUID: 45 * 24 * time.Hour}

func TestEveryQueryOnASeededDatabase(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	ask := remember(conn)
	all, _ := generate(t)
	for _, g := range all {
		for name, v := range map[string]view{"all": everything(ranges[g.UID]), "one project": narrowed(ranges[g.UID])} {
			t.Run(g.UID+" "+name, func(t *testing.T) {
				for _, p := range g.dataPanels() {
					a := ask(t, v.expand(t, p.Targets[0].RawSQL))
					if len(a.rows) == 0 {
						t.Errorf("%s: no row", p.Title)
					}
					for _, fault := range p.check(a) {
						t.Errorf("%s: %s", p.Title, fault)
					}
					t.Logf("%-45s %4d rows %4d ms", p.Title, len(a.rows), a.took.Milliseconds())
				}
				for _, n := range g.Annotations.List {
					a := ask(t, v.expand(t, n.Target.RawSQL))
					if len(a.rows) == 0 || !slices.Equal(a.names, []string{"time", "title", "text", "tags"}) || a.types[0] != "time" {
						t.Errorf("%s: %d rows of %v", n.Name, len(a.rows), a.names)
					}
				}
				for _, q := range g.Templating.List {
					if q.Type != "query" {
						continue
					}
					a := ask(t, v.expand(t, q.Query))
					if len(a.rows) == 0 || len(a.names) > 2 || slices.ContainsFunc(a.types, func(kind string) bool { return kind != "text" }) {
						t.Errorf("variable %s: %d rows of %v", q.Name, len(a.rows), a.types)
					}
				}
			})
		}
	}
}

func TestEveryQueryOnAnEmptyDatabase(t *testing.T) {
	ask := remember(migratedDB(t))
	all, _ := generate(t)
	for _, g := range all {
		for _, v := range []view{everything(ranges[g.UID]), narrowed(ranges[g.UID])} {
			for _, p := range g.dataPanels() {
				for _, fault := range p.check(ask(t, v.expand(t, p.Targets[0].RawSQL))) {
					t.Errorf("%s, %s: %s", g.Title, p.Title, fault)
				}
			}
			for _, n := range g.Annotations.List {
				ask(t, v.expand(t, n.Target.RawSQL))
			}
			for _, q := range g.Templating.List {
				if q.Type == "query" {
					ask(t, v.expand(t, q.Query))
				}
			}
		}
	}
}
