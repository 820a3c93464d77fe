package grafanatest

import (
	"fmt"
	"os"
	"testing"
	"time"

	"artery/internal/schema"

	"github.com/grafana/grafana-plugin-sdk-go/data"
)

// alpha is a project of the seeded world.
const alpha = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

// Every dashboard as it opens, and narrowed to one project, shows something in every panel and says nothing wrong.
func TestSeededWorld(t *testing.T) {
	t.Parallel()
	s := seeded(t)
	now := time.Now()
	t.Run("alert rules", func(t *testing.T) {
		testRules(t, s, now, "artery-stage-red", "artery-stage-newly-failing", "artery-quarantine", "artery-pipeline-silent", "artery-odd-rows", "artery-gate-weakened", "artery-freshness")
	})
	t.Run("alert rules under another configuration", func(t *testing.T) {
		s.put(t, schema.Settings{Production: []string{"live"}, Limits: []schema.AlertLimit{
			{Name: "red", Value: 1000 * 3600}, {Name: "silent", Tenant: "acme", Value: 1000}, {Name: "gate_weakened", Value: 1}, {Name: "repository_percent", Value: 0.001}}})
		testRules(t, s, now, "artery-quarantine", "artery-odd-rows", "artery-freshness", "artery-repository-full")
		s.put(t, schema.Settings{Production: []string{"production"}, Pages: map[string]map[string]string{"acme": {"pipeline": "https://ca.example.com/{pipeline_id}", "gate": "https://ca.example.com/{project_id}"}}})
	})
	d := display{}
	for _, b := range boards(t) {
		for name, picked := range map[string]map[string]string{"as it opens": nil, "one project": {"tenant": "acme", "project": alpha}} {
			t.Run(b.UID+" "+name, func(t *testing.T) {
				over := b.opened(t, now)
				if over.to.Sub(over.from) > 24*time.Hour {
					over.from = now.AddDate(0, 0, -45) // what was planted is up to 40 days old
				}
				b.judge(t, s, over, picked, func(t *testing.T, title string, f *data.Frame) {
					if f.Rows() == 0 {
						t.Errorf("%s: no row", title)
					}
					if picked == nil {
						d.add(b.UID, title, f)
					}
				})
			})
		}
	}
	d.judge(t)
}

// On an empty database nothing fails either: a panel has rows, or says why it has none.
func TestEmptyWorld(t *testing.T) {
	t.Parallel()
	s := empty(t)
	t.Run("alert rules", func(t *testing.T) { testRules(t, s, time.Now()) })
	d := display{}
	for _, b := range boards(t) {
		t.Run(b.UID, func(t *testing.T) {
			b.judge(t, s, b.opened(t, time.Now()), nil, func(_ *testing.T, title string, f *data.Frame) { d.add(b.UID, title, f) })
		})
	}
	d.judge(t)
}

// On the database that ARTERY_DASHBOARDS_DSN names, for example http://127.0.0.1:8123/artery of `make demo`, a panel may be empty;
// it may not be wrong.
func TestLiveWorld(t *testing.T) {
	dsn := os.Getenv("ARTERY_DASHBOARDS_DSN")
	if dsn == "" {
		t.Skip("ARTERY_DASHBOARDS_DSN names no database")
	}
	s := open(t, dsn)
	s.grows = true
	d := display{}
	for _, b := range boards(t) {
		t.Run(b.UID, func(t *testing.T) {
			b.judge(t, s, b.opened(t, time.Now()), nil, func(t *testing.T, title string, f *data.Frame) {
				t.Logf("%-45s %4d rows", title, f.Rows())
				d.add(b.UID, title, f)
			})
		})
	}
	d.judge(t)
}

// judge asks all of a dashboard.
func (b board) judge(t *testing.T, s *source, over span, picked map[string]string, also func(t *testing.T, title string, f *data.Frame)) {
	t.Helper()
	c := b.choose(t, s, over, picked)
	ask := func(title, rawSQL string, format int, over span) *data.Frame {
		sql, err := c.replace(rawSQL)
		if err != nil {
			t.Errorf("%s: %v", title, err)
			return nil
		}
		f, err := s.ask(t, sql, format, over)
		if err != nil {
			t.Errorf("%s: %v", title, err)
			return nil
		}
		return f
	}
	for _, a := range b.Annotations.List {
		if f := ask(a.Name, a.Target.RawSQL, a.Target.Format, over.of(24)); f != nil {
			checkMarks(t, a.Name, f)
			also(t, a.Name, f)
		}
	}
	for _, p := range b.Panels {
		for _, target := range p.Targets {
			f := ask(p.Title, target.RawSQL, target.Format, over.of(p.GridPos.W))
			if f == nil {
				continue
			}
			for _, fault := range p.judge(f) {
				t.Errorf("%s: %s", p.Title, fault)
			}
			also(t, p.Title, f)
			if target.Format == timeSeries && picked == nil && !s.grows && f.Rows() > 0 {
				if rows := ask(p.Title, target.RawSQL, table, over.of(p.GridPos.W)); rows != nil && numbers(rows) != numbers(f) {
					t.Errorf("%s: %d numbers became %d of a series: two rows have the same time and labels", p.Title, numbers(rows), numbers(f))
				}
			}
		}
	}
}

// numbers counts the numbers of a frame that are not null.
func numbers(f *data.Frame) (n int) {
	for _, field := range f.Fields {
		if kindOf(field) != "number" {
			continue
		}
		for i := range field.Len() {
			if _, ok := field.ConcreteAt(i); ok {
				n++
			}
		}
	}
	return n
}

// checkMarks holds a frame against what Grafana takes for marks on the time axis.
func checkMarks(t *testing.T, name string, f *data.Frame) {
	t.Helper()
	want := map[string]string{"time": "time", "title": "string", "text": "string", "tags": "string"}
	got := map[string]string{}
	for _, field := range f.Fields {
		got[field.Name] = kindOf(field)
	}
	if fmt.Sprint(got) != fmt.Sprint(want) || len(f.Fields) != len(want) {
		t.Errorf("%s: the fields %v, want %v", name, got, want)
	}
}
