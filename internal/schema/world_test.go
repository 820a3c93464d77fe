package schema

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// worldEvents is a small history with every kind and every op: the examples of
// the API documents, and generated runs that change, retry and expire.
func worldEvents(t testing.TB) []Event {
	t.Helper()
	events := exampleEvents(t)
	add := func(scope, kind, id, op, body string) {
		e := newEvent(uint64(len(events)+1), scope, kind, id, op, body)
		if kind == "run" && len(events)%3 == 0 {
			e.Zone = "-05:30"
		}
		events = append(events, e)
	}
	rng, configs := rand.New(rand.NewPCG(1, 2)), rand.New(rand.NewPCG(3, 4))
	ops := []string{"created", "changed", "deleted", "missing", "restored", "expired"}
	statuses := []string{"RUNNING", "FAILED", "COMPLETED", "CANCELED"}
	for range 120 {
		id, n := rng.IntN(8), rng.IntN(1000)
		op, status := ops[rng.IntN(len(ops))], statuses[rng.IntN(len(statuses))]
		add(testProject, "pipeline", fmt.Sprint("p", id), op, fmt.Sprintf(`{"name":"pipeline %d","create_time":%d}`, n, 1700000000000+n))
		start := fmt.Sprintf("2026-03-01 10:%02d:00", rng.IntN(4))
		add(testProject, "run", fmt.Sprint("r", id), op, fmt.Sprintf(
			`{"pipeline_id":"p%d","run_number":%d,"status":%q,"start_time":1700000000000,"build_params":{"codehub_id":"%d"},"stage_status_list":[%s,%s]}`,
			id%3, id, status, n, stage("build", "COMPLETED", start, "2026-03-01 10:30:00"), stage("deploy prod", status, start, "2026-03-01 10:40:00")))
		add(testProject, "run_detail", fmt.Sprint("r", id), op, fmt.Sprintf(
			`{"pipeline_id":"p%d","stages":[{"id":"s1","pre":[{"id":"a%d"}],"jobs":[{"id":"","name":"j","steps":[{"id":""},{"id":"b%d","inputs":[{"key":"k","value":{"x":1}}]}]}],"post":[{"id":"c1"}]}]}`,
			id%3, n%5, n%5))
		add(testProject, "step_log", fmt.Sprintf("r%d/b%d/1", id, n%5), op, fmt.Sprintf(
			`{"run_id":"r%d","pipeline_id":"p%d","job_id":"j","step_id":"b%d","ended_at":1,"state":"have","log":"line %d","whole":true}`, id, id%3, n%5, n))
		add("_tenant", "repository", fmt.Sprint(id), op, fmt.Sprintf(`{"repository_name":"r%d","capacity":%d.25}`, id, n))
		add("_tenant", "gate", "check.review-data", op, fmt.Sprintf(`{"result":{"review_info":[{"name":"item %d","value":%d}]}}`, n%3, n))
		add(testProject, "coverage", fmt.Sprint("p", id), op, fmt.Sprintf(`{"from":1700000000000,"to":%d,"total":%d,"complete":true}`, 1700000000000+n, n))
		add(testProject, "pipeline_group", fmt.Sprint("g", id), op, fmt.Sprintf(`{"name":"g","path_id":"a.b","ordinal":%d}`, n))
		add("_tenant", "project", fmt.Sprint("p", id%3), op, fmt.Sprintf(`{"project_name":"n%d","created_time":%d,"creator":{"user_name":"u"}}`, n%7, 1700000000000+n))
		if len(events)%48 < 8 {
			randomConfig(configs, ops[configs.IntN(len(ops))], add)
			randomPlugin(configs, ops[configs.IntN(len(ops))], add)
		}
		add(testProject, "run_detail_stage", fmt.Sprintf("r%d/1", id), op, fmt.Sprintf(
			`{"run_id":"r%d","pipeline_id":"p%d","first_stage":1,"stages":[{"id":"s2","jobs":[{"id":"j%d","steps":[{"id":"d%d"}]}]}]}`, id, id%3, n%3, n%5))
		add(testProject, "odd_row", fmt.Sprintf("d%d/%d", id, n%2), op, fmt.Sprintf(`{"row_kind":"run","api":"Pipelines","digest":"d%d","part":%d,"parts":2,"reason":"odd","size":4,"raw":"e30="}`, id, n%2))
		add("_incidents", "incident", fmt.Sprint("i", id), op, fmt.Sprintf(`{"service":"s%d","started_at":"2026-03-01T10:00:00.%03dZ","withdrawn":%t}`, id%3, n, n%5 == 0))
		add(testProject, "commit", fmt.Sprint("1-c", id), op, fmt.Sprintf(`{"repository_id":"1","commit_id":"c%d","commit":{"committed_date":"2026-03-01T10:00:00.%03d+08:00"}}`, id, n))
		add(testProject, "commit_range", fmt.Sprint("1-c0-c", id), op, fmt.Sprintf(
			`{"repository_id":"1","from_commit":"c0","to_commit":"c%d","complete":true,"commits":[{"id":"c%d","committed_date":"2026-03-01T10:00:00Z"},{"id":"d%d"}]}`, id, id, n%3))
		add(testProject, "poll", "", "completed", fmt.Sprintf(
			`{"poll_id":"x%d","poller":"pipelines","last":true,"complete":%t,"total":%d,"finished_at":"2026-03-01T10:00:00.%03dZ","kinds":["pipeline","run"]}`, n, n%2 == 0, n, n))
	}
	add("shop", "gate", "check.review-data", "created", `{"result":{"review_info":[]}}`)
	return events
}
