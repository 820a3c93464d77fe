package fleet

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"artery/internal/embedded/embeddedtest"
	"artery/internal/events"
	"artery/internal/loader"
	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
	"github.com/prometheus/client_golang/prometheus"
)

// tape is a log that was recorded on a fake clock, as the source of a loader.
type tape struct {
	records   []events.Record
	next, ack int
	done      context.CancelFunc // called when everything is acknowledged
}

const atOnce = 5000

// Next implements loader.Source.
func (t *tape) Next(ctx context.Context, _ time.Duration) ([]events.Delivery, error) {
	if t.next == len(t.records) {
		<-ctx.Done()
		return nil, ctx.Err()
	}
	part := t.records[t.next:min(len(t.records), t.next+atOnce)]
	t.next += len(part)
	out := make([]events.Delivery, len(part))
	for i, r := range part {
		out[i] = events.Delivery{Record: r, Attempt: 1}
	}
	return out, nil
}

// Ack implements loader.Source. Sequences count from 1.
func (t *tape) Ack(_ context.Context, seq uint64) error {
	if t.ack = int(seq); t.ack == len(t.records) {
		t.done()
	}
	return nil
}

// Floor implements loader.Source.
func (t *tape) Floor(context.Context) (events.Floor, error) {
	f := events.Floor{Seq: uint64(t.ack)}
	if t.ack < len(t.records) {
		f.First = f.Seq + 1
	}
	return f, nil
}

// tables loads what a collector has written into ClickHouse, and compares the tables with the truth.
func (w *watch) tables(t *testing.T) {
	records := w.log.Records()
	for i, err := range events.Check(records, true) {
		if i < 5 {
			t.Error(err)
		}
	}
	embeddedtest.RequireLibrary(t)
	conn := database(t)
	ctx, done := context.WithCancel(t.Context())
	defer done()
	l := loader.New(loader.Options{
		Source: &tape{records: records, done: done}, Table: loader.ClickHouse{Conn: conn}, Grace: time.Minute, Version: "test",
		Slog: slog.New(slog.DiscardHandler), Metrics: loader.NewMetrics(prometheus.NewRegistry()),
	})
	if err := l.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if n := count(t, conn, "SELECT count() FROM events FINAL"); n != uint64(len(records)) {
		t.Errorf("events has %d rows, the log %d messages", n, len(records))
	}
	w.tableOfRuns(t, conn)
	w.tableOfPipelines(t, conn)
}

func database(t *testing.T) driver.Conn {
	t.Helper()
	conn := embeddedtest.Connect(t)
	if _, err := schema.Migrate(t.Context(), conn, slog.New(slog.DiscardHandler)); err != nil {
		t.Fatal(err)
	}
	return conn
}

func count(t *testing.T, conn driver.Conn, query string) (n uint64) {
	t.Helper()
	if err := conn.QueryRow(t.Context(), query).Scan(&n); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return n
}

// tableOfRuns: every run is in runs once, in its final state, also one whose pipeline is deleted or that CodeArts forgot; and
// runs_current has those of the pipelines that are there.
func (w *watch) tableOfRuns(t *testing.T, conn driver.Conn) {
	var rows []struct {
		ID       string `ch:"run_id"`
		Pipeline string `ch:"pipeline_id"`
		Number   int64  `ch:"number"`
		Status   string `ch:"status"`
		Start    int64  `ch:"start"`
		End      int64  `ch:"end"`
		Op       string `ch:"op"`
		Current  bool   `ch:"current"`
	}
	if err := conn.Select(t.Context(), &rows, `SELECT run_id, pipeline_id, toInt64(assumeNotNull(run_number)) AS number, status,
		toInt64(toUnixTimestamp64Milli(assumeNotNull(started_at))) AS start,
		if(ended_at IS NULL, 0, toInt64(toUnixTimestamp64Milli(assumeNotNull(ended_at)))) AS end,
		op, run_id IN (SELECT run_id FROM runs_current) AS current FROM runs FINAL`); err != nil {
		t.Fatal(err)
	}
	stored := map[string]bool{}
	expired := 0
	for _, r := range rows {
		f := w.world.lives[r.ID]
		if f == nil || stored[r.ID] {
			t.Errorf("run %s is in runs, doubled or invented", r.ID)
			continue
		}
		stored[r.ID] = true
		if got := (state{r.Pipeline, r.Number, r.Status, r.Start, r.End}); got != f.shown {
			t.Errorf("run %s is %+v in runs, and %+v in the log, whose last word is the truth", r.ID, got, f.shown)
		}
		gone := events.Op(r.Op) == events.Expired
		if gone {
			expired++
		}
		if want := !gone && f.line.op != events.Deleted; r.Current != want {
			t.Errorf("run %s of a pipeline that is %s, itself %s: in runs_current %t", r.ID, f.line.op, r.Op, r.Current)
		}
	}
	for id, f := range w.world.lives {
		if f.first > 0 && !stored[id] {
			t.Errorf("run %s is not in runs", id)
		}
	}
	if expired == 0 {
		t.Error("no run has expired: this world does not show what it should")
	}
}

// tableOfPipelines: what was deleted is deleted, and nothing else.
func (w *watch) tableOfPipelines(t *testing.T, conn driver.Conn) {
	var rows []struct {
		ID      string `ch:"pipeline_id"`
		Deleted bool   `ch:"gone"`
		There   bool   `ch:"there"`
	}
	if err := conn.Select(t.Context(), &rows, `SELECT pipeline_id, argMax(is_deleted, ver) = 1 AS gone,
		pipeline_id IN (SELECT pipeline_id FROM pipelines FINAL) AS there FROM pipelines GROUP BY pipeline_id`); err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	deleted := 0
	for _, r := range rows {
		known[r.ID] = true
		l := w.world.byID[r.ID]
		if l == nil {
			t.Errorf("pipeline %s is in pipelines and does not exist", r.ID)
			continue
		}
		gone := !l.deleted.IsZero() && l.deleted.Before(w.world.end.Add(-time.Hour))
		if gone {
			deleted++
		}
		if r.Deleted != gone || r.There == gone {
			t.Errorf("pipeline %s, deleted %s: deleted in pipelines %t, there %t", r.ID, l.deleted, r.Deleted, r.There)
		}
	}
	for id, l := range w.world.byID {
		if l.created.Before(w.world.end.Add(-margin)) && !known[id] {
			t.Errorf("pipeline %s is not in pipelines", id)
		}
	}
	if deleted == 0 {
		t.Error("no pipeline was deleted: this world does not show what it should")
	}
}
