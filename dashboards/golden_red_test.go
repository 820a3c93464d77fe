package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// A stage is red until it passes on its branch, for the table, its count and the alerts. The stage "build" of p fails on main in run 3;
// then feature/x passes and fails, and nobody touches it again; main is cancelled, and waits for approval since. Main is tried on
// days 9, 8, 5, 2 and 1, feature/x on days 4, 3 and 2. A release of r fails in production on a branch of its own,
// and again when a stage was put before that: CodeArts says why. The pipeline q fails, and is deleted a day later. The stage that
// fails in s is renamed, and passes.
func TestRedNow(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	l.pipeline("acme", alpha, "Alpha", "p", "p", day(9, 9, 0))
	l.pipeline("acme", alpha, "Alpha", "q", "q", day(9, 9, 0))
	l.pipeline("acme", alpha, "Alpha", "r", "r", day(9, 9, 0))
	l.pipeline("acme", alpha, "Alpha", "s", "s", day(9, 9, 0))
	run := func(pipeline string, number int, branch, status string, back int, stages ...string) {
		l.attempt(pipeline, number, branch, "c"+string(rune('0'+number)), status, day(back, 10, 0), day(back, 10, 10), stages...)
	}
	run("p", 1, "main", "COMPLETED", 9)
	run("p", 2, "main", "COMPLETED", 8)
	run("p", 3, "main", "FAILED", 5)
	run("p", 4, "feature/x", "COMPLETED", 4)
	run("p", 5, "feature/x", "FAILED", 3)
	run("p", 6, "feature/x", "FAILED", 2)
	run("p", 7, "main", "CANCELED", 2)
	run("p", 8, "main", "PAUSED", 1)
	run("r", 1, "release", "FAILED", 4, "deploy-prod")
	run("r", 2, "release", "FAILED", 2, "build", "deploy-prod")
	l.detail("acme", alpha, "r", 2, "FAILED", "no space left", day(2, 10, 0))
	run("r", 3, "main", "COMPLETED", 1)
	run("q", 1, "main", "FAILED", 4)
	run("s", 1, "main", "FAILED", 5, "deploy-prod")
	run("s", 2, "main", "COMPLETED", 3, "rollout")
	l.add("acme", alpha, "pipeline", "q", "deleted", day(3, 9, 0), object{"pipeline_id": "q", "name": "q", "project_id": alpha})
	l.store(conn)
	l.rules(conn, day(9, 0, 0))

	month := everything(30 * 24 * time.Hour)
	then := month
	then.inputs = map[string]string{asOf.name: day(4, 12, 0).Format(time.DateTime)}
	const row = "pipeline stage branch state red_since first_bad_run failures run_number commit_id executor last_green_at"
	const told = "pipeline stage branch run_id"
	const why = "pipeline stage branch run_id first_bad_run first_bad_commit executor step message"
	main := "p | build | main | newly failing | " + clock(5, 10, 10) + " | 3 | 1 | 3 | c3 | ada | " + clock(8, 10, 10)
	release := "r | deploy-prod | release | newly failing | " + clock(4, 10, 10) + " | 1 | 1 | 1 | c1 | ada | NULL"
	again := "r | deploy-prod | release | still failing | " + clock(4, 10, 10) + " | 1 | 2 | 2 | c2 | ada | NULL"
	for _, c := range []struct {
		query   string
		view    view
		columns string
		want    []string
	}{
		{"dash_failed_stages", month, row, []string{main, again, "p | build | feature/x | still failing | " + clock(3, 10, 10) + " | 5 | 2 | 6 | c6 | ada | " + clock(4, 10, 10)}},
		{"dash_failed_count", month, "stages", []string{"3"}},
		{"dash_failed_steps_now", month, "pipeline stage run_number step message", []string{"p | build | 6 |  | ", "r | deploy-prod | 2 | roll out | no space left", "p | build | 3 |  | "}},
		{"alert_stage_newly_failing", month, told, []string{"r | deploy-prod | release | r-1"}},
		{"alert_stage_red", month, told, []string{"p | build | main | p-3", "r | deploy-prod | release | r-1"}},
		{"alert_red_stages_why", month, why, []string{
			"p | build | feature/x | p-5 | 5 | c5 | ada |  | ", "p | build | main | p-3 | 3 | c3 | ada |  | ", "r | deploy-prod | release | r-1 | 1 | c1 | ada |  | ",
		}},
		{"dash_time_to_green", month, "pipeline n open", []string{"p | 0 | 2", "q | 0 | 1", "r | 0 | 1", "s | 0 | 0"}},
		// Before the pipeline was deleted, the feature failed and the stage was renamed.
		{"dash_failed_stages", then, row, []string{main, "s | deploy-prod | main | newly failing | " + clock(5, 10, 10) + " | 1 | 1 | 1 | c1 | ada | NULL", "q | build | main | newly failing | " + clock(4, 10, 10) + " | 1 | 1 | 1 | c1 | ada | NULL", release}},
		{"dash_failed_count", then, "stages", []string{"4"}},
	} {
		got := cells(t, conn, c.view, c.query, strings.Fields(c.columns)...)
		if strings.HasPrefix(c.query, "alert_") {
			slices.Sort(got)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %s\nwant %s", c.query, strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
		}
	}
}
