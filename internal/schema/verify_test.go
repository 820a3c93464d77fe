package schema

import (
	"maps"
	"slices"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// faults are the verdicts on projections that are not as they should be, up to message 1,000,000.
func faults(t *testing.T, conn driver.Conn, projections []Projection) map[string]Verdict {
	t.Helper()
	faults := map[string]Verdict{}
	rows := uint64(0)
	for _, p := range projections {
		v, err := VerifyProjection(t.Context(), conn, p, 1, 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		if rows += v.Rows; v.Fault() {
			v.Rows = 0
			faults[p.Table] = v
		}
	}
	if rows == 0 {
		t.Error("nothing was compared")
	}
	return faults
}

// Every projection of a world is what its events say, also twice inserted. What is planted is found, and a rebuild mends it.
func TestVerifyProjections(t *testing.T) {
	conn := migratedDB(t)
	insertOnly(t, conn, worldEvents(t)...)
	insertOnly(t, conn, worldEvents(t)[:20]...)
	insertOnly(t, conn, newEvent(2_000_000, testProject, "run", "late", "created", runBody(1, "FAILED", "")))
	if got := faults(t, conn, Projections); len(got) > 0 {
		t.Fatalf("nobody touched the tables: %+v", got)
	}
	exec(t, conn, "TRUNCATE TABLE run_details")
	exec(t, conn, "ALTER TABLE runs UPDATE status = 'x' WHERE run_id = (SELECT min(run_id) FROM runs) SETTINGS mutations_sync = 2")
	exec(t, conn, "INSERT INTO stage_attempts (tenant, run_id, name, ver) VALUES ('acme', 'not in events', 'x', 5)")
	exec(t, conn, "INSERT INTO run_numbers SELECT tenant, project_id, pipeline_id, block, bitShiftLeft(toUInt64(1), 63), seen, ver FROM run_numbers FINAL ORDER BY ver LIMIT 1")
	count := func(query string) uint64 { return uint64(queryRows(t, conn, query)[0]["n"].(float64)) }
	want := map[string]Verdict{
		"run_details":    {Missing: count("SELECT uniqExact(tenant, scope, id, JSONExtractString(body, 'pipeline_id')) AS n FROM events WHERE kind = 'run_detail'")},
		"runs":           {Altered: count("SELECT count() AS n FROM runs FINAL WHERE status = 'x'")},
		"stage_attempts": {Extra: 1},
		"run_numbers":    {Altered: 1},
	}
	planted := slices.DeleteFunc(slices.Clone(Projections), func(p Projection) bool { _, is := want[p.Table]; return !is })
	if got := faults(t, conn, planted); !maps.Equal(got, want) || want["runs"].Altered == 0 || want["run_details"].Missing == 0 {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if err := Rebuild(t.Context(), conn, planted...); err != nil {
		t.Fatal(err)
	}
	if got := faults(t, conn, planted); len(got) > 0 {
		t.Errorf("after a rebuild: %+v", got)
	}
}
