package schema

import (
	"fmt"
	"testing"
	"time"
)

// logEvents are a run that failed in two steps and in one before its jobs, was retried, and failed in the first step again;
// and runs whose details are known, outdated, still to come, out of reach and of a pipeline that is gone.
func logEvents() []Event {
	var all []Event
	add := func(kind, id, op, body string) {
		all = append(all, newEvent(uint64(len(all)+1), testProject, kind, id, op, body))
	}
	ago := func(d time.Duration) int64 { return time.Now().Add(-d).UnixMilli() / 1000 * 1000 }
	run := func(id, pipeline, status string, start, end int64) {
		add("run", id, "created", fmt.Sprintf(`{"pipeline_id":%q,"run_number":1,"status":%q,"start_time":%d,"end_time":%d}`, pipeline, status, start, end))
	}
	detail := func(id, status string, end int64, stages string) {
		add("run_detail", id, "created", fmt.Sprintf(`{"pipeline_id":"p","status":%q,"end_time":%d,"stages":[%s]}`, status, end, stages))
	}
	log := func(step, state, text, reason string, ended int64) {
		add("step_log", fmt.Sprintf("r1/%s/%d", step, ended), "created", fmt.Sprintf(
			`{"run_id":"r1","pipeline_id":"p","job_id":"j","step_id":%q,"ended_at":%d,"state":%q,"log":%q,"reason":%q,"whole":%t}`, step, ended, state, text, reason, state == "have"))
	}
	now := ago(time.Hour)
	add("pipeline", "p", "created", `{"name":"p"}`)
	add("pipeline", "gone", "deleted", `{"name":"gone"}`)
	run("r1", "p", "FAILED", now, now+9000)
	step := func(id, status, message string, end int64) string {
		return fmt.Sprintf(`{"id":%q,"task":"t","name":%q,"status":%q,"message":%q,"end_time":%d}`, id, "name of "+id, status, message, end)
	}
	stage := func(name, steps string) string {
		return fmt.Sprintf(`{"id":"s","name":%q,"pre":[%s],"jobs":[{"id":"j","name":"job","message":"of the job","steps":[%s]}]}`, name, step("before", "FAILED", "", now), steps)
	}
	detail("r1", "FAILED", now+9000, stage("build", step("a", "FAILED", "of the step", now+1)+","+step("b", "FAILED", "", now+2)+","+step("c", "COMPLETED", "", now+3)+","+step("d", "FAILED", "", now+4)))
	log("a", "pending", "", "", now+1)
	log("b", "pending", "", "", now+2)
	log("a", "have", "line 1\nthe reason", "", now+1)
	log("b", "expired", "", "not found", now+2)
	log("d", "have", "of an earlier execution", "", now-5)
	old := ago(91 * 24 * time.Hour)
	run("old", "p", "FAILED", old, old+9000)
	detail("old", "FAILED", old+9000, stage("build", step("e", "FAILED", "", old+1)))
	run("known", "p", "COMPLETED", now, now+9000)
	detail("known", "COMPLETED", now+10000, "") // its own end differs by a second
	run("retried", "p", "COMPLETED", now, now+90000)
	detail("retried", "FAILED", now+9000, "")
	run("goes on", "p", "RUNNING", now, 0)
	run("wanted", "p", "CANCELED", now, now+9000)
	run("out of reach", "p", "COMPLETED", old, old+9000)
	run("of a pipeline that is gone", "gone", "COMPLETED", now, now+9000)
	return all
}

// A failed step has its own log or says why it has none; a log of an earlier execution is not that of a later one.
func TestFailedSteps(t *testing.T) {
	conn := migratedDB(t)
	insertOnly(t, conn, logEvents()...)
	rows := queryRows(t, conn, `SELECT run_id, step_id, step, message, log_state, log_reason, log, log_whole FROM failed_steps ORDER BY run_id DESC, step_id`)
	// Steps in the order of the ids: r1 has a, b, before and d, old has before (now) and e.
	want := []map[string]any{
		{"run_id": "r1", "step_id": "a", "step": "name of a", "message": "of the step", "log_state": "have", "log_reason": "", "log": "line 1\nthe reason", "log_whole": true},
		{"run_id": "r1", "step_id": "b", "step": "name of b", "message": "of the job", "log_state": "expired", "log_reason": "not found", "log": nil, "log_whole": nil},
		{"run_id": "r1", "step_id": "before", "step": "name of before", "message": "", "log_state": "unavailable", "log_reason": "", "log": nil, "log_whole": nil},
		{"run_id": "r1", "step_id": "d", "step": "name of d", "message": "of the job", "log_state": "pending", "log_reason": "", "log": nil, "log_whole": nil},
		{"run_id": "old", "step_id": "before", "step": "name of before", "message": "", "log_state": "unavailable", "log_reason": "", "log": nil, "log_whole": nil},
		{"run_id": "old", "step_id": "e", "step": "name of e", "message": "of the job", "log_state": "expired", "log_reason": "", "log": nil, "log_whole": nil},
	}
	if len(rows) != len(want) {
		t.Fatalf("%d rows: %v", len(rows), rows)
	}
	for i := range rows {
		compareRows(t, "failed_steps", i, rows[i], want[i])
	}
}

// A run without jobs and steps says whether they are still to come or lost: it never reads as one that has none.
func TestRunDetailStates(t *testing.T) {
	conn := migratedDB(t)
	insertOnly(t, conn, logEvents()...)
	want := map[string]string{
		"r1": "have", "known": "have", "old": "have", "retried": "pending", "goes on": "pending", "wanted": "pending",
		"out of reach": "expired", "of a pipeline that is gone": "expired",
	}
	rows := queryRows(t, conn, `SELECT run_id, detail_state FROM run_detail_states`)
	for _, row := range rows {
		if id := row["run_id"].(string); row["detail_state"] != want[id] {
			t.Errorf("%s: %v, want %s", id, row["detail_state"], want[id])
		}
	}
	if len(rows) != len(want) {
		t.Errorf("%d runs, want %d", len(rows), len(want))
	}
}
