package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// attempt is one run of a pipeline on a branch, of a commit, with one stage, or with some of which only the last may have failed.
func (l *log) attempt(pipeline string, number int, branch, commit, status string, start, end time.Time, stages ...string) {
	local := func(at time.Time) string { return at.In(time.FixedZone("", 8*3600)).Format(time.DateTime) }
	id := pipeline + "-" + string(rune('0'+number))
	if len(stages) == 0 {
		stages = []string{"build"}
	}
	var list []object
	for _, name := range stages {
		list = append(list, object{"name": name, "status": "COMPLETED", "start_time": local(start), "end_time": local(end)})
	}
	list[len(list)-1]["status"] = status
	l.add("acme", alpha, "run", id, "created", end, object{
		"pipeline_id": pipeline, "run_number": number, "status": status, "start_time": start.UnixMilli(), "end_time": end.UnixMilli(), "executor_name": "ada",
		"build_params":      object{"commit_id": commit, "target_branch": branch},
		"stage_status_list": list,
	})
}

// Two attempts end in the same second, the one that failed after 43 s, the one that passed after 42 s: it began later, so the
// stage failed and recovered.
func TestAttemptsThatEndTogether(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	l.pipeline("acme", alpha, "Alpha", "p", "p", day(9, 9, 0))
	l.attempt("p", 1, "main", "c", "COMPLETED", day(8, 10, 0), day(8, 10, 1))
	end := day(2, 10, 0)
	l.attempt("p", 2, "main", "d", "FAILED", end.Add(-43*time.Second), end)
	l.attempt("p", 3, "main", "e", "COMPLETED", end.Add(-42*time.Second), end)
	l.store(conn)
	week := everything(7 * 24 * time.Hour)
	if got := cells(t, conn, week, "dash_stage_transition_counts", "newly", "n", "p50"); !slices.Equal(got, []string{"1 | 1 | 0"}) {
		t.Errorf("transitions %q", got)
	}
	if got := cells(t, conn, week, "alert_red_stages", "pipeline", "stage", "red_for_s"); len(got) > 0 {
		t.Errorf("red stages %q", got)
	}
}

// A commit fails on a branch, and passes three hours later on another one, which was green before the time range and has never
// failed, in a run that has the lower number.
func TestACommitOnTwoBranches(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	l.pipeline("acme", alpha, "Alpha", "p", "p", day(9, 9, 0))
	l.attempt("p", 3, "next", "b", "COMPLETED", day(9, 10, 0), day(9, 10, 10))
	l.attempt("p", 2, "main", "c", "FAILED", day(2, 10, 0), day(2, 10, 10))
	l.attempt("p", 1, "next", "c", "COMPLETED", day(2, 13, 0), day(2, 13, 10))
	l.store(conn)
	got := cells(t, conn, everything(7*24*time.Hour), "dash_flaky_stages", strings.Fields("pipeline stage flaky n retried rerun failed_s delay_s")...)
	if want := []string{"p | build | 1 | 1 | 0 | 1 | 600 | 1.08e+04"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
