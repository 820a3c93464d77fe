package report

import (
	"log/slog"
	"strings"
	"testing"
	"time"

	"artery/internal/embedded/embeddedtest"
	"artery/internal/schema"
)

// Every block's query gives the columns that the block shows, and a database
// without rows gives a report that says so.
func TestReadNothing(t *testing.T) {
	conn := embeddedtest.Connect(t)
	if _, err := schema.Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
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
			if p.Formula == "" {
				t.Errorf("%s: no formula", p.Title)
			}
		}
	}
	if !strings.Contains(text.String(), "Completeness: unknown of the runs are stored, 0 run numbers are known (no pipeline is stored yet, or") {
		t.Errorf("the completeness of nothing is unknown:\n%s", text.String())
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
