package report

import (
	"maps"
	"strings"
	"testing"
	"time"

	"artery/internal/schema"
)

// Every block's query gives the columns that the block shows, and a database
// without rows gives a report that says so.
func TestReadNothing(t *testing.T) {
	conn := migratedDB(t)
	now := time.Date(2026, 3, 31, 12, 0, 0, 0, time.UTC)
	r, err := Read(t.Context(), conn, now.AddDate(0, 0, -30), now, nil)
	if err != nil {
		t.Fatal(err)
	}
	var text, page strings.Builder
	if err := r.Text(&text); err != nil {
		t.Error(err)
	}
	if err := r.Page(&page); err != nil {
		t.Error(err)
	}
	for _, c := range r.Chapters {
		for _, p := range c.Parts {
			if p.query == "dash_dora_bands" {
				continue // levels are there before anything is measured
			}
			if len(p.answer.rows) > 0 && p.form != stats {
				t.Errorf("%s: %d rows out of nothing", p.Title, len(p.answer.rows))
			}
			if p.form != stats && !strings.Contains(text.String(), p.empty()) {
				t.Errorf("%s: the text does not say %q", p.Title, p.empty())
			}
			if p.Formula == "" || p.About == "" && p.form != stats {
				t.Errorf("%s: nothing explains it", p.Title)
			}
		}
	}
	if !strings.Contains(text.String(), "Completeness: no data because no pipeline is stored yet") {
		t.Errorf("there is no completeness of nothing:\n%s", text.String())
	}
	brief, err := ReadBrief(t.Context(), conn, now.AddDate(0, 0, -30), now)
	if err != nil {
		t.Fatal(err)
	}
	text.Reset()
	if err := brief.Text(&text); err != nil || !strings.Contains(text.String(), "no data because no event is stored yet") {
		t.Errorf("the brief form says %v\n%s", err, text.String())
	}
	if _, err := Read(t.Context(), conn, now, now, []string{"acne"}); err == nil || !strings.Contains(err.Error(), `no tenant "acne"`) {
		t.Errorf("a tenant that nobody knows has a report: %v", err)
	}
}

// Whose a row is stands in it where there are several tenants, and only there.
func TestTenantsAreToldApart(t *testing.T) {
	conn := migratedDB(t)
	now := seed(t, conn)
	read := func(tenants ...string) string {
		r, err := Read(t.Context(), conn, now.AddDate(0, 0, -14), now, tenants)
		if err != nil {
			t.Fatal(err)
		}
		var b strings.Builder
		if err := r.Text(&b); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	const told = "    Tenant  Service"
	if text := read(); strings.Contains(text, told) {
		t.Errorf("one tenant is told apart from itself:\n%s", text)
	}
	if err := conn.Exec(t.Context(), "INSERT INTO newest_polls (tenant) VALUES ('globex')"); err != nil {
		t.Fatal(err)
	}
	if text := read(); !strings.Contains(text, told) {
		t.Errorf("nobody can tell whose a row is:\n%s", text)
	}
	if text := read("acme"); strings.Contains(text, told) {
		t.Errorf("the chosen tenant stands in every row:\n%s", text)
	}
}

// Charts are by the days of the zone of the deployment rules, from its midnight.
func TestDaysOfTheRules(t *testing.T) {
	conn := migratedDB(t)
	now := seed(t, conn)
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := schema.ActivateRules(t.Context(), conn, &schema.RuleSet{AttributionMS: 86400_000, RollbackMS: 86400_000, Zone: zone.String()}, 0); err != nil {
		t.Fatal(err)
	}
	r, err := Read(t.Context(), conn, now.AddDate(0, 0, -14), now, nil)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]float64{}
	for day := 1; day <= 14; day++ { // two runs start each day
		want[now.Add(-time.Duration(24*day-20)*time.Hour).In(zone).Format(time.DateOnly)] += 2
	}
	got := map[string]float64{}
	days := r.days()
	for _, c := range r.Chapters {
		for _, p := range c.Parts {
			if p.query != "dash_runs_per_day" {
				continue
			}
			for _, curve := range p.curves(days) {
				for i, v := range curve.values {
					if v > 0 {
						got[days[i].Format(time.DateOnly)] += v
					}
				}
			}
		}
	}
	if !maps.Equal(got, want) {
		t.Errorf("runs by day are %v, want %v", got, want)
	}
	if r.From.Format(time.TimeOnly) != "00:00:00" || r.From.Location().String() != zone.String() {
		t.Errorf("the report begins %v", r.From)
	}
}
