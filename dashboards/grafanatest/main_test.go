package grafanatest

import (
	"log/slog"
	"os"
	"os/exec"
	"testing"

	"artery/internal/embedded/embeddedtest"
	"artery/internal/schema"

	"github.com/grafana/grafana-plugin-sdk-go/backend"
	"github.com/grafana/grafana-plugin-sdk-go/backend/log"
)

func TestMain(m *testing.M) {
	backend.Logger = log.NewNullLogger() // the engine tells of each query
	embeddedtest.Main(m)
}

// seeded is the data source of a database in which every panel has something to show: the world of the dashboards' own tests.
// They are package main, which nobody can import, so they are asked to write it.
func seeded(t *testing.T) *source {
	t.Helper()
	dsn := embeddedtest.ClickHouse(t)
	cmd := exec.CommandContext(t.Context(), "go", "test", "-count=1", "-run=^TestSeed$", "./dashboards", "-seed="+dsn)
	cmd.Dir = "../.."
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		t.Fatalf("seeding the database: %v", err)
	}
	return open(t, dsn)
}

// empty is the data source of a database that has its tables and nothing more.
func empty(t *testing.T) *source {
	t.Helper()
	dsn := embeddedtest.ClickHouse(t)
	if _, err := schema.Migrate(t.Context(), embeddedtest.Open(t, dsn), slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return open(t, dsn)
}
