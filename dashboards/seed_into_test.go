package main

import (
	"flag"
	"log/slog"
	"testing"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

var seedInto = flag.String("seed", "", "DSN of an empty database, for example http://127.0.0.1:8123/artery, that TestSeed fills")

// TestSeed fills a database from outside with the seeded world: the tests with Grafana's own engine are a module of their own
// (grafanatest) and ask it there.
func TestSeed(t *testing.T) {
	if *seedInto == "" {
		t.Skip("-seed names no database")
	}
	conn := connect(t, *seedInto)
	if _, err := schema.Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	seed(t, conn)
}

func connect(t testing.TB, dsn string) driver.Conn {
	t.Helper()
	options, err := clickhouse.ParseDSN(dsn)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := clickhouse.Open(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn
}
