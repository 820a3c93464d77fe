package schema

import "testing"

// The tables that are there only to be quick say what the tables say that they are made after.
func TestQuickTablesSayTheSame(t *testing.T) {
	conn := migratedDB(t)
	insertOnly(t, conn, worldEvents(t)...)
	// Run 3 of a pipeline twice, 5 and 130 once, and one run without a number: 3 of the 128 numbers from 3 to 130.
	for i, number := range []int{3, 3, 5, 130, 0} {
		insertOnly(t, conn, newEvent(uint64(9000+i), "numbers", "run", string(rune('a'+i)), "created", runBody(number, "FAILED", stage("s", "FAILED", "2026-03-01 23:59:59", "2026-03-02 00:10:00"))))
	}
	insertOnly(t, conn, newEvent(9010, "numbers", "run", "a", "changed", runBody(3, "COMPLETED", stage("s", "COMPLETED", "no time", ""))))
	for _, c := range []struct{ name, one, other string }{
		{
			"attempts", "SELECT toString(if(match(start_text, '^2'), left(start_text, 10), '1970-01-01')) AS day, tenant, project_id, pipeline_id, run_id, position, name, start_text, started_at, ended_at, duration_ms, status, run_number, trigger_type, executor_name, commit_id, target_branch, ver FROM stage_attempts FINAL",
			"SELECT toString(day) AS day, tenant, project_id, pipeline_id, run_id, position, name, start_text, started_at, ended_at, duration_ms, status, run_number, trigger_type, executor_name, commit_id, target_branch, ver FROM attempts_by_day FINAL",
		},
		{
			"run numbers", "SELECT tenant, project_id, pipeline_id, uniqExact(run_number) AS stored, min(run_number) AS lowest, max(run_number) AS highest, countIf(run_number IS NULL) AS unnumbered FROM runs FINAL GROUP BY ALL",
			"SELECT tenant, project_id, pipeline_id, stored, lowest, highest, unnumbered FROM completeness",
		},
	} {
		rows := queryRows(t, conn, "SELECT (SELECT count() FROM ("+c.one+")) AS n, (SELECT count() FROM ("+c.one+" EXCEPT "+c.other+")) AS lost, (SELECT count() FROM ("+c.other+" EXCEPT "+c.one+")) AS invented")
		if r := rows[0]; r["n"] == float64(0) || r["lost"] != float64(0) || r["invented"] != float64(0) {
			t.Errorf("%s: %v", c.name, r)
		}
	}
	rows := queryRows(t, conn, "SELECT stored, expected, missing, unnumbered FROM completeness WHERE project_id = 'numbers'")
	if len(rows) != 1 || rows[0]["stored"] != float64(3) || rows[0]["expected"] != float64(128) || rows[0]["missing"] != float64(125) || rows[0]["unnumbered"] != float64(1) {
		t.Errorf("got %v", rows)
	}
}
