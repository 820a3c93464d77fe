package schema

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func TestRebuildGivesIdenticalContent(t *testing.T) {
	conn := migratedDB(t)
	insert(t, conn, worldEvents(t)...)
	want, wantSchema := content(t, conn), finalSchema(t, conn)
	exec(t, conn, "TRUNCATE TABLE runs")
	exec(t, conn, "INSERT INTO stage_attempts (tenant, run_id, name) VALUES ('acme', 'not in events', 'x')")
	exec(t, conn, "INSERT INTO stage_attempts (tenant, project_id, pipeline_id, run_id, name) SELECT tenant, project_id, pipeline_id, 'not in events', stage FROM deployments LIMIT 1")
	exec(t, conn, "CREATE TABLE runs_rebuild (x UInt8) ENGINE = MergeTree ORDER BY x") // left by a crash
	if err := Rebuild(t.Context(), conn, Projections...); err != nil {
		t.Fatal(err)
	}
	compareContent(t, "rebuilt", content(t, conn), want)
	if got := finalSchema(t, conn); got != wantSchema {
		t.Errorf("the schema changed: %s", firstDifference(got, wantSchema))
	}

	// The views feed the new tables.
	insert(t, conn, newEvent(9999, testProject, "run", "after", "created", runBody(1, "FAILED", "")))
	if n := len(queryRows(t, conn, "SELECT run_id FROM runs WHERE run_id = 'after'")); n != 1 {
		t.Errorf("%d rows of a run that came after the rebuild", n)
	}
}

func TestRebuildUnknownView(t *testing.T) {
	conn := migratedDB(t)
	if err := Rebuild(t.Context(), conn, Projection{"runs", "nothing_mv", "run_events"}); err == nil {
		t.Error("no error")
	}
}

func TestRebuildWhileInsertsGoOn(t *testing.T) {
	conn := migratedDB(t)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	inserted := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil || n < 10; n++ {
			var events []Event
			for i := range 5 {
				id := fmt.Sprintf("r%d-%d", n, i)
				events = append(events, newEvent(uint64(n*5+i+1), testProject, "run", id, "created",
					runBody(n, "FAILED", stage("s", "FAILED", "2026-03-01 10:00:00", ""))))
			}
			insert(t, conn, events...)
		}
		inserted <- n * 5
	}()
	runs, attempts := Projection{"runs", "runs_mv", "run_events"}, Projection{"stage_attempts", "stage_attempts_mv", "run_events"}
	for range 3 {
		if err := Rebuild(t.Context(), conn, runs, attempts); err != nil {
			t.Error(err)
		}
	}
	stop()
	want := float64(<-inserted)
	for _, table := range []string{"events", "runs", "stage_attempts"} {
		rows := queryRows(t, conn, "SELECT count() AS n, uniqExact("+map[bool]string{true: "id", false: "run_id"}[table == "events"]+") AS ids FROM "+table+" FINAL")
		if rows[0]["n"] != want || rows[0]["ids"] != want {
			t.Errorf("%s has %v, want %v rows", table, rows[0], want)
		}
	}
	before := content(t, conn)
	if err := Rebuild(t.Context(), conn, runs, attempts); err != nil {
		t.Fatal(err)
	}
	compareContent(t, "rebuilt at rest", content(t, conn), before)
}

// swapped is a connection on which something happens just before two tables are swapped.
type swapped struct {
	driver.Conn
	before func()
}

func (s swapped) Exec(ctx context.Context, query string, args ...any) error {
	if strings.HasPrefix(query, "EXCHANGE TABLES ") {
		s.before()
	}
	return s.Conn.Exec(ctx, query, args...)
}

// An insert that looks up the table of the one view before the swap and that of the other after it writes twice into the old
// table: as if the other view were not there.
func TestRebuildMeetsAnInsertAtTheSwap(t *testing.T) {
	conn := migratedDB(t)
	insert(t, conn, newEvent(1, testProject, "run", "r1", "created", runBody(1, "FAILED", "")))
	met := swapped{conn, func() {
		exec(t, conn, "DROP TABLE runs_mv_rebuild SYNC")
		insert(t, conn, newEvent(2, testProject, "run", "r2", "created", runBody(2, "FAILED", "")))
		exec(t, conn, "OPTIMIZE TABLE events FINAL") // the new part becomes one with the old one
	}}
	if err := Rebuild(t.Context(), met, Projection{"runs", "runs_mv", "run_events"}); err != nil {
		t.Fatal(err)
	}
	if rows := queryRows(t, conn, "SELECT run_id FROM runs FINAL ORDER BY run_id"); len(rows) != 2 {
		t.Errorf("the table has %v, want r1 and r2", rows)
	}
}
