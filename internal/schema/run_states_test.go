package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestRunPauses(t *testing.T) {
	conn := migratedDB(t)
	var events []Event
	see := func(run string, second int, op, status string) {
		e := newEvent(uint64(len(events)+1), testProject, "run", run, op, fmt.Sprintf(`{"pipeline_id":"p","status":%q}`, status))
		e.ObservedAt = time.Date(2026, 3, 1, 12, 0, second, 0, time.UTC)
		events = append(events, e)
	}
	see("never", 0, "created", "RUNNING")
	see("never", 30, "changed", "COMPLETED")
	see("old", 0, "created", "COMPLETED") // from history: nobody saw whether it waited
	see("twice", 0, "created", "QUEUED")
	see("twice", 10, "changed", "PAUSED")
	see("twice", 15, "changed", "PAUSED") // another field changed
	see("twice", 30, "changed", "RUNNING")
	see("twice", 40, "changed", "SUSPEND")
	see("twice", 45, "changed", "CANCELED")
	see("open", 0, "created", "PAUSED")
	see("gone", 0, "created", "PAUSED")
	see("gone", 20, "deleted", "PAUSED")
	slices.Reverse(events)
	insertOnly(t, conn, events...)
	got := lines(t, queryRows(t, conn, `SELECT *, if(paused_s > 86400, 'goes on', toString(paused_s)) AS paused FROM run_pauses ORDER BY run_id`), "run_id", "seen_live", "pauses", "paused", "since")
	want := []string{
		"gone 1 1 20 <nil>", "never 1 0 0 <nil>", "old 0 <nil> <nil> <nil>", "open 1 1 goes on 2026-03-01 12:00:00.000", "twice 1 2 25 <nil>",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// The stage "test" of pipeline p: commit a passes at once; b fails in run 2,
// fails in its retry and passes in the next one, and fails later; c fails in
// run 3 and passes in run 4; d fails twice; e passes and then fails.
func TestStageCommits(t *testing.T) {
	conn := migratedDB(t)
	var events []Event
	add := func(run int, commit, status, start, end string) {
		events = append(events, newEvent(uint64(len(events)+1), testProject, "run", fmt.Sprint("r", run), "changed", fmt.Sprintf(
			`{"pipeline_id":"p","run_number":%d,"build_params":{"commit_id":%q},"stage_status_list":[%s]}`, run, commit, stage("test", status, "2026-03-01 "+start, "2026-03-01 "+end))))
	}
	add(1, "a", "COMPLETED", "10:00:00", "10:10:00")
	add(2, "b", "FAILED", "11:00:00", "11:05:00")
	add(2, "b", "FAILED", "11:10:00", "11:12:00")
	add(2, "b", "CANCELED", "11:13:00", "11:14:00")
	add(2, "b", "COMPLETED", "11:20:00", "11:30:00")
	add(8, "b", "FAILED", "12:20:00", "12:30:00")
	add(3, "c", "FAILED", "13:00:00", "13:10:00")
	add(4, "c", "COMPLETED", "13:20:00", "13:30:00")
	add(5, "d", "FAILED", "14:00:00", "14:10:00")
	add(5, "d", "FAILED", "14:20:00", "14:30:00")
	add(6, "e", "COMPLETED", "15:00:00", "15:10:00")
	add(7, "e", "FAILED", "15:20:00", "15:30:00")
	add(9, "", "FAILED", "16:00:00", "16:10:00")
	add(9, "", "COMPLETED", "16:20:00", "16:30:00")
	insertOnly(t, conn, events...)
	got := lines(t, queryRows(t, conn, "SELECT * FROM stage_commits ORDER BY commit_id"), "commit_id", "attempt_count", "flaky", "failures", "passed_by", "failed_run_id", "passed_run_id", "failed_s", "delay_s")
	want := []string{
		"a 1 0 0    <nil> <nil>",
		"b 4 1 2 retry r2 r2 420 1500", // 5 and 2 minutes; 11:05 to 11:30
		"c 2 1 1 another run r3 r4 600 1200",
		"d 2 0 0    <nil> <nil>",
		"e 2 0 0    <nil> <nil>",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}
