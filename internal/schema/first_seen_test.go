package schema

import (
	"fmt"
	"testing"
	"time"
)

// Where CodeArts Repo tells no time, a commit is at least as old as the first run of it, of whatever pipeline of the repository; a
// run that is heard of later may make it older. A first deployment, a commit that was deployed before and a run without a commit have
// no such age.
func TestDORAFirstSeen(t *testing.T) {
	conn := migratedDB(t)
	var l doraLog
	build := func(id, repository, commit string, start float64) {
		l.add(testProject, "run", id, fmt.Sprintf(`{"pipeline_id":"ci","status":"COMPLETED","start_time":%d,"build_params":{"commit_id":%q,"codehub_id":%q}}`,
			hour(start).UnixMilli(), commit, repository))
	}
	build("ci1", "77", "u1", 1)
	build("ci2", "77", "u2", 14)
	build("ci3", "77", "u2", 15)
	build("other", "78", "u3", 2) // of another repository
	for i, r := range []doraRun{
		{end: 10, commit: "u1"}, {end: 20, commit: "u2"}, {end: 30, commit: "u3"}, {end: 40, commit: "u2"}, {end: 50},
		{end: 60, status: "FAILED", commit: "u4"}, {end: 70, commit: "u4"},
	} {
		if r.status == "" {
			r.status = "COMPLETED"
		}
		r.id, r.service = fmt.Sprint("d", i), "shop"
		l.run(i+1, r)
	}
	l.add("_tenant", "commit", "77/u2", `{"repository_id":"77","commit_id":"u2","commit":{"id":"u2","title":"a name alone","author_name":"ann"}}`)
	insert(t, conn, l...)
	hours := func(s string) string { return "ifNull(toString(" + s + " / 3600), '-')" }
	check := func(u2 string) {
		t.Helper()
		equalLines(t, doraRows(t, conn, "run_id, tier, state, "+hours("lead_s")+", "+hours("seen_s"), "dora_changes", 0, 168, "finished_at"), []string{
			"d0 | C | baseline | - | -", "d1 | C | first seen | - | " + u2, "d2 | C | first seen | - | 1", "d3 | C | repeated | - | -",
			"d4 | C | no time | - | -", "d6 | C | first seen | - | 11", // u4 first ran in d5, which failed
		})
	}
	check("6")
	equalLines(t, doraRows(t, conn, "run_id, title, author_name", "dora_changes", 15, 25, "finished_at"), []string{"d1 | a name alone | ann"})
	row := doraNumbers(t, conn, 0, 168, 168, "")[0]
	for column, want := range map[string]any{
		// Of 1, 6 and 11 h: p75 half of the way from 6 to 11, p90 four fifths, p95 nine tenths.
		"changes": 0.0, "lead_p50": nil, "changes_c": 6.0, "baseline_changes": 1.0,
		"changes_seen": 3.0, "seen_p50": 6 * 3600.0, "seen_p75": 8.5 * 3600, "seen_p90": 10 * 3600.0, "seen_p95": 10.5 * 3600,
	} {
		isNumber(t, row, column, want)
	}
	build("ci0", "77", "u2", 12)
	insert(t, conn, l[len(l)-1])
	check("8")
	// A run without a start is no sighting, and one that begins after the deployment none of the time before it.
	l.add(testProject, "run", "d7", fmt.Sprintf(`{"pipeline_id":"shop","run_number":8,"status":"COMPLETED","build_params":{"commit_id":"u5","codehub_id":"77"},"stage_status_list":[%s]}`,
		stage("deploy prod", "COMPLETED", hour(79.5).In(time.FixedZone("", 8*3600)).Format(time.DateTime), hour(80).In(time.FixedZone("", 8*3600)).Format(time.DateTime))))
	build("ci5", "77", "u5", 81)
	insert(t, conn, l[len(l)-2:]...)
	equalLines(t, doraRows(t, conn, "run_id, state, "+hours("seen_s"), "dora_changes", 75, 168, "finished_at"), []string{"d7 | no time | -"})
}
