package service

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"artery/internal/daemon"
	"artery/internal/embedded"
	"artery/internal/embedded/embeddedtest"
	"artery/internal/schema"
)

// The log, events and the typed tables agree after loading. What is lost or written by hand is named, with what to do, and
// the loader's own tools mend it.
func TestVerify(t *testing.T) {
	embeddedtest.RequireLibrary(t)
	server, err := embedded.StartNATS(embedded.NATSOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	cfg := Default()
	cfg.NATS.URL, cfg.ClickHouse.DSN = server.URL(), embeddedtest.ClickHouse(t)
	f := Frame{Log: slog.New(slog.DiscardHandler), Registry: daemon.Registry(), Health: &daemon.Health{}, Version: "v1"}
	l, err := NewLoader(t.Context(), cfg, f)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	verify := func(wrong bool, wants ...string) {
		t.Helper()
		var out strings.Builder
		err := Verify(t.Context(), cfg, f, []schema.Projection{{Table: "runs", View: "runs_mv", Source: "run_events"}, {Table: "polls", View: "polls_mv", Source: "events"}}, &out)
		if errors.Is(err, errVerify) != wrong || !wrong && err != nil {
			t.Errorf("got %v:\n%s", err, out.String())
		}
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("it does not say %q:\n%s", want, out.String())
			}
		}
	}
	exec := func(statement string) {
		t.Helper()
		if err := l.Conn.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	for n := range 3 {
		seen(t, l, n+1, "COMPLETED", time.Now())
	}
	verify(false, "not yet  events", `messages after 0: loader "loader" has not acknowledged them`)
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	done := make(chan error, 1)
	go func() { done <- l.Loader.Run(ctx) }()
	for floor, err := l.Floor(ctx); floor.Seq < 6; floor, err = l.Floor(ctx) {
		if err != nil {
			t.Fatal(err)
		}
	}
	stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	verify(false, "6 messages, 1 to 6 of epoch 1: hashes are chained", "events                      messages 1 to 6: the table and quarantine have each, once", "runs                        3 rows, each as events say")

	exec("ALTER TABLE events DELETE WHERE seq = 4 SETTINGS mutations_sync = 2")
	exec("ALTER TABLE runs UPDATE status = 'FAILED' WHERE run_number = 1 SETTINGS mutations_sync = 2")
	exec("INSERT INTO events (epoch, seq, stored_at, tenant, kind, id) VALUES (1, 9, now64(9), 'acme', 'gate', 'by hand')")
	verify(true, "FAIL     events                      1 messages are in the log, not in the table, from 4 to 4 -> artery rebuild -from-stream",
		"the table has message 9, the log ends at 6", "FAIL     runs                        of 3 rows 0 are missing or old, 1 altered, 1 of no event -> artery rebuild -tables runs")

	exec("ALTER TABLE events DELETE WHERE seq = 9 SETTINGS mutations_sync = 2")
	if _, err := Reload(t.Context(), cfg, f, nil); err != nil {
		t.Fatal(err)
	}
	if err := schema.Rebuild(t.Context(), l.Conn, schema.Projection{Table: "runs", View: "runs_mv", Source: "run_events"}); err != nil {
		t.Fatal(err)
	}
	verify(false)
}
