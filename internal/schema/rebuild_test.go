package schema

import (
	"context"
	"errors"
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
	exec(t, conn, "CREATE TABLE runs_rebuild_x (x UInt8) ENGINE = MergeTree ORDER BY x") // left by a crash
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

// watched is a connection on which something happens just before a statement.
type watched struct {
	driver.Conn
	before func(query string) error
}

func (w watched) Exec(ctx context.Context, query string, args ...any) error {
	if err := w.before(query); err != nil {
		return err
	}
	return w.Conn.Exec(ctx, query, args...)
}

// at makes something happen once, before the first statement that begins so.
func at(conn driver.Conn, begin string, happen func()) driver.Conn {
	return watched{conn, func(query string) error {
		if happen != nil && strings.HasPrefix(query, begin) {
			now := happen
			happen = nil
			now()
		}
		return nil
	}}
}

// rebuildsOf are the tables or views that rebuilds of one have made and not dropped.
func rebuildsOf(t *testing.T, conn driver.Conn, name string) (names []string) {
	t.Helper()
	err := conn.QueryRow(t.Context(), "SELECT groupArray(name) FROM system.tables WHERE database = currentDatabase() AND startsWith(name, ?)", name+"_rebuild").Scan(&names)
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// An insert that looks up the table of the one view before the swap and that of the other after it writes twice into the old
// table: as if the other view were not there.
func TestRebuildMeetsAnInsertAtTheSwap(t *testing.T) {
	conn := migratedDB(t)
	insert(t, conn, newEvent(1, testProject, "run", "r1", "created", runBody(1, "FAILED", "")))
	met := at(conn, "EXCHANGE TABLES ", func() {
		exec(t, conn, "DROP TABLE "+rebuildsOf(t, conn, "runs_mv")[0]+" SYNC")
		insert(t, conn, newEvent(2, testProject, "run", "r2", "created", runBody(2, "FAILED", "")))
		exec(t, conn, "OPTIMIZE TABLE events FINAL") // the new part becomes one with the old one
	})
	if err := Rebuild(t.Context(), met, Projection{"runs", "runs_mv", "run_events"}); err != nil {
		t.Fatal(err)
	}
	if rows := queryRows(t, conn, "SELECT run_id FROM runs FINAL ORDER BY run_id"); len(rows) != 2 {
		t.Errorf("the table has %v, want r1 and r2", rows)
	}
}

// unchanged returns what asks whether the table of pipelines and the schema are as they are now.
func unchanged(t *testing.T, conn driver.Conn) (whole func(when string)) {
	t.Helper()
	want, wantSchema := rows(t, conn, "pipelines FINAL"), finalSchema(t, conn)
	return func(when string) {
		t.Helper()
		if got := rows(t, conn, "pipelines FINAL"); got != want {
			t.Errorf("%s the table differs: %s", when, firstDifference(got, want))
		}
		if got := finalSchema(t, conn); got != wantSchema {
			t.Errorf("%s the schema changed: %s", when, firstDifference(got, wantSchema))
		}
	}
}

// Two rebuilds of one table at once, the second at each statement of the first: it is always done, the first is done or says that it was
// overtaken, and what they leave is one whole table.
func TestRebuildsOfOneTable(t *testing.T) {
	conn := migratedDB(t)
	insertOnly(t, conn, worldEvents(t)...)
	p := Projection{"pipelines", "pipelines_mv", "inventory_events"}
	whole := unchanged(t, conn)
	for _, c := range []struct {
		at        string
		overtaken bool
	}{
		{"CREATE TABLE ", false}, // neither has seen the other
		{"CREATE MATERIALIZED VIEW ", true},
		{"INSERT INTO `pipelines_rebuild_", true},
		{"EXCHANGE TABLES ", true},
		{"INSERT INTO `pipelines` ", false}, // the first is behind its swap
		{"DROP TABLE IF EXISTS `pipelines_mv_rebuild_", false},
	} {
		met := false
		first := at(conn, c.at, func() {
			met = true
			if err := Rebuild(t.Context(), conn, p); err != nil {
				t.Errorf("at %s the second: %v", c.at, err)
			}
		})
		if err := Rebuild(t.Context(), first, p); !met || errors.Is(err, ErrOvertaken) != c.overtaken || err != nil && !c.overtaken {
			t.Errorf("at %s the first: %v, met %v", c.at, err, met)
		}
		whole("after two at " + c.at)
	}

	// The other way to meet: the second stands before its swap when the first begins, swaps and ends.
	both := make(chan error)
	seen, swap := make(chan bool), make(chan bool)
	go func() {
		both <- Rebuild(t.Context(), at(at(conn, "CREATE TABLE ", func() { seen <- true; <-seen }), "EXCHANGE TABLES ", func() { swap <- true; <-swap }), p)
	}()
	<-seen // it has looked for others, and there is none yet
	err := Rebuild(t.Context(), at(conn, "CREATE MATERIALIZED VIEW ", func() { seen <- true; <-swap }), p)
	swap <- true
	if other := <-both; err != nil || other != nil {
		t.Errorf("two that have not seen each other: %v, %v", err, other)
	}
	whole("after two that have not seen each other")
}

// A rebuild that is killed before any of its statements leaves a whole table, or one that the next rebuild makes whole, and nothing
// that the next one does not clear.
func TestRebuildAfterAKill(t *testing.T) {
	conn := migratedDB(t)
	insertOnly(t, conn, worldEvents(t)...)
	p := Projection{"pipelines", "pipelines_mv", "inventory_events"}
	whole := unchanged(t, conn)
	want := rows(t, conn, "pipelines FINAL")
	killed := errors.New("killed")
	for n, done := 0, false; !done; n++ {
		left := n
		done = Rebuild(t.Context(), watched{conn, func(string) error {
			if left--; left < 0 {
				return killed
			}
			return nil
		}}, p) == nil
		if got := rows(t, conn, "pipelines FINAL"); got != want {
			t.Errorf("killed before statement %d the table differs: %s", n, firstDifference(got, want))
		}
		if err := Rebuild(t.Context(), conn, p); err != nil {
			t.Fatal(err)
		}
		whole(fmt.Sprintf("rebuilt after a kill before statement %d", n))
	}
}

// A rebuild that is killed just when the next one drops its table leaves no view behind, without whose table no insert succeeds.
func TestRebuildMeetsAKilledOne(t *testing.T) {
	conn := migratedDB(t)
	exec(t, conn, "CREATE TABLE pipelines_rebuild_killed AS pipelines")
	met := at(conn, "DROP TABLE IF EXISTS `pipelines_rebuild_killed`", func() {
		exec(t, conn, "CREATE MATERIALIZED VIEW pipelines_mv_rebuild_killed TO pipelines_rebuild_killed AS SELECT * FROM pipelines")
	})
	if err := Rebuild(t.Context(), met, Projection{"pipelines", "pipelines_mv", "inventory_events"}); err != nil {
		t.Fatal(err)
	}
	if left := append(rebuildsOf(t, conn, "pipelines"), rebuildsOf(t, conn, "pipelines_mv")...); len(left) > 0 {
		t.Errorf("%v are left", left)
	}
	insertOnly(t, conn, worldEvents(t)...)
}
