package main

import (
	"os"
	"testing"
	"time"

	"artery/internal/embedded/embeddedtest"
)

// TestEveryQueryOnALiveDatabase runs all panels against a database that fills
// from somewhere else and tells how long each takes. ARTERY_DASHBOARDS_DSN names
// it, for example http://127.0.0.1:8123/artery of `make demo`. A panel may be
// empty there; it may not fail.
func TestEveryQueryOnALiveDatabase(t *testing.T) {
	dsn := os.Getenv("ARTERY_DASHBOARDS_DSN")
	if dsn == "" {
		t.Skip("ARTERY_DASHBOARDS_DSN names no database")
	}
	conn := embeddedtest.Open(t, dsn)
	all, _ := generate(t)
	for _, g := range all {
		v := view{from: time.Now().Add(-90 * 24 * time.Hour), to: time.Now(), interval: 6 * time.Hour}
		for _, p := range g.dataPanels() {
			a := ask(t, conn, v.expand(t, p.Targets[0].RawSQL))
			for _, fault := range p.check(a) {
				t.Errorf("%s: %s", p.Title, fault)
			}
			t.Logf("%-45s %4d rows %4d ms", p.Title, len(a.rows), a.took.Milliseconds())
			for _, row := range a.rows[:min(2, len(a.rows))] {
				t.Logf("    %v", row)
			}
		}
	}
}
