package main

import (
	"flag"
	"log/slog"
	"strings"
	"testing"
	"time"

	"artery/internal/embedded/embeddedtest"
	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

var seedInto = flag.String("seed", "", "DSN of an empty database, for example http://127.0.0.1:8123/artery, that TestSeed fills")

// TestSeed fills a database from outside with the seeded world: the tests with Grafana's own engine are a module of their own
// (grafanatest) and ask it there.
func TestSeed(t *testing.T) {
	if *seedInto == "" {
		t.Skip("-seed names no database")
	}
	conn := embeddedtest.Open(t, *seedInto)
	if _, err := schema.Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	seed(t, conn)
	twin(t, conn)
}

// twin is a service whose project and name another tenant has too: what tells them apart in a chart is the tenant alone.
func twin(t *testing.T, conn driver.Conn) {
	t.Helper()
	l := &log{t: t, seq: 1_000_000}
	l.pipeline("initech", delta, "Alpha", "p-twin", "shop", day(6, 9, 0))
	for i, status := range []string{"COMPLETED", "FAILED", "COMPLETED"} { // on the days of acme's
		start := day(5-i, 10, 0)
		l.run("initech", delta, "p-twin", i+1, status, start, start.Add(20*time.Minute), "created", stage{"deploy-prod", status, start.Add(10 * time.Minute), start.Add(20 * time.Minute)})
	}
	l.repository("initech", delta, "Alpha", 5, "web", "created", ago(12*time.Hour), 70)
	l.store(conn)
}

var delta = strings.Repeat("d", 32)
