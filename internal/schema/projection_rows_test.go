package schema

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

func runBody(number int, status, stages string) string {
	return fmt.Sprintf(`{"pipeline_id":"p1","pipeline_run_id":"r1","run_number":%d,"status":%q,"start_time":1677919688000,"stage_status_list":[%s]}`, number, status, stages)
}

func stage(name, status, start, end string) string {
	return fmt.Sprintf(`{"name":%q,"sequence":1,"status":%q,"start_time":%q,"end_time":%q}`, name, status, start, end)
}

func TestStageTimesUseTheZoneOfTheEvent(t *testing.T) {
	conn := migratedDB(t)
	tests := []struct{ zone, text, want string }{
		{"", "2023-03-04 16:48:09", "2023-03-04 08:48:09.000"},
		{"+08:00", "2023-03-04 16:48:09", "2023-03-04 08:48:09.000"},
		{"+00:00", "2023-03-04 16:48:09", "2023-03-04 16:48:09.000"},
		{"Z", "2023-03-04 16:48:09", "2023-03-04 16:48:09.000"},
		{"-05:30", "2023-03-04 16:48:09", "2023-03-04 22:18:09.000"},
		{"+01:00", "2023-03-04 00:30:00", "2023-03-03 23:30:00.000"},
		{"+01:00", "2023-03-04T16:48:09+02:00", "2023-03-04 14:48:09.000"},
		{"+01:00", "2023-03-04T16:48:09.250Z", "2023-03-04 16:48:09.250"},
		{"", "soon", ""},
	}
	var events []Event
	for i, tt := range tests {
		e := newEvent(uint64(i+1), testProject, "run", fmt.Sprintf("r%02d", i), "created", runBody(i+1, "FAILED", stage("s", "FAILED", tt.text, tt.text)))
		if tt.zone != "" {
			e.Zone = tt.zone
		}
		events = append(events, e)
	}
	insertOnly(t, conn, events...)
	rows := queryRows(t, conn, "SELECT run_id, start_text, started_at, ended_at FROM stage_attempts FINAL ORDER BY run_id")
	if len(rows) != len(tests) {
		t.Fatalf("%d rows, want %d", len(rows), len(tests))
	}
	for i, tt := range tests {
		var want any
		if tt.want != "" {
			want = tt.want
		}
		if r := rows[i]; r["start_text"] != tt.text || r["started_at"] != want || r["ended_at"] != want {
			t.Errorf("%q at zone %q: %v, want %v", tt.text, tt.zone, r, want)
		}
	}
}

// The zone of a tenant was wrong and is corrected: the instant changes, no
// second attempt appears.
func TestCorrectedZoneReplacesTheAttempt(t *testing.T) {
	conn := migratedDB(t)
	body := runBody(1, "FAILED", stage("s", "FAILED", "2023-03-04 16:48:09", ""))
	second := newEvent(2, testProject, "run", "r1", "changed", body)
	second.Zone = "+00:00"
	insertOnly(t, conn, newEvent(1, testProject, "run", "r1", "created", body), second)
	rows := queryRows(t, conn, "SELECT started_at, ended_at, duration_ms FROM stage_attempts FINAL")
	if len(rows) != 1 || rows[0]["started_at"] != "2023-03-04 16:48:09.000" || rows[0]["ended_at"] != nil || rows[0]["duration_ms"] != nil {
		t.Errorf("got %v", rows)
	}
}

func TestRetryKeepsBothAttempts(t *testing.T) {
	conn := migratedDB(t)
	insertOnly(t, conn,
		newEvent(1, testProject, "run", "r1", "created", runBody(7, "RUNNING", stage("build", "RUNNING", "2026-03-01 10:00:00", ""))),
		newEvent(2, testProject, "run", "r1", "changed", runBody(7, "FAILED", stage("build", "FAILED", "2026-03-01 10:00:00", "2026-03-01 10:05:00")+","+stage("deploy", "INIT", "", ""))),
		newEvent(3, testProject, "run", "r1", "changed", runBody(7, "COMPLETED", stage("build", "COMPLETED", "2026-03-01 11:00:00", "2026-03-01 11:04:00")+","+stage("deploy", "COMPLETED", "2026-03-01 11:04:00", "2026-03-01 11:06:00"))))
	got := queryRows(t, conn, "SELECT position, name, status, start_text, end_text, run_number FROM stage_attempts FINAL ORDER BY position, start_text")
	want := `[{"end_text":"2026-03-01 10:05:00","name":"build","position":0,"run_number":7,"start_text":"2026-03-01 10:00:00","status":"FAILED"},` +
		`{"end_text":"2026-03-01 11:04:00","name":"build","position":0,"run_number":7,"start_text":"2026-03-01 11:00:00","status":"COMPLETED"},` +
		`{"end_text":"2026-03-01 11:06:00","name":"deploy","position":1,"run_number":7,"start_text":"2026-03-01 11:04:00","status":"COMPLETED"}]`
	if s := marshal(t, got); s != want {
		t.Errorf("got  %s\nwant %s", s, want)
	}
	if runs := queryRows(t, conn, "SELECT status FROM runs FINAL"); len(runs) != 1 || runs[0]["status"] != "COMPLETED" {
		t.Errorf("runs: %v", runs)
	}
}

// What CodeArts deleted is gone from the inventory and stays in the history;
// what came back is there again.
func TestDeletedAndRestored(t *testing.T) {
	conn := migratedDB(t)
	kinds := map[string]string{
		"pipelines": "pipeline", "pipeline_groups": "pipeline_group", "build_groups": "build_group", "repositories": "repository",
		"gates": "gate", "build_tenants": "build_tenant", "coverage": "coverage", "runs_current": "run",
		"rules": "rule", "rule_sets": "rule_set", "open_source_policies": "open_source_rule_set", "templates": "template",
	}
	body := map[string]string{
		"gate": `{"result":{"review_info":[{"name":"a","value":1}]}}`, "run": runBody(1, "FAILED", stage("s", "FAILED", "2026-03-01 10:00:00", "")),
		"repository": `{"capacity":5}`,
	}
	count := func(table string) int {
		t.Helper()
		final := " FINAL"
		switch table {
		case "gates", "runs_current", "pipeline_groups", "build_groups", "rules", "rule_sets", "open_source_policies", "templates":
			final = "" // views
		}
		return len(queryRows(t, conn, "SELECT * FROM "+table+final))
	}
	seq := uint64(0)
	for _, step := range []struct {
		op   string
		want int
	}{{"created", 1}, {"missing", 1}, {"deleted", 0}, {"restored", 1}, {"expired", 0}} {
		var events []Event
		for _, kind := range kinds {
			seq++
			events = append(events, newEvent(seq, testProject, kind, "42", step.op, cmp.Or(body[kind], "{}")))
		}
		insertOnly(t, conn, events...)
		for table := range kinds {
			if n := count(table); n != step.want {
				t.Errorf("%s after %s: %d rows, want %d", table, step.op, n, step.want)
			}
		}
	}
	for table, want := range map[string]int{"runs": 1, "stage_attempts": 1, "repository_sizes": 5, "gate_history": 5} {
		if n := count(table); n != want {
			t.Errorf("%s keeps %d rows, want %d", table, n, want)
		}
	}
}

// The runs of a deleted pipeline stay in the history and leave what is there now; their deployments count as before, under
// the pipeline's last name. An expired run carries its last body, so it loses nothing either.
func TestRunsOfADeletedPipeline(t *testing.T) {
	conn := migratedDB(t)
	run := runBody(1, "COMPLETED", stage("Deploy prod", "COMPLETED", "2026-03-01 10:00:00", "2026-03-01 10:05:00"))
	steps := [][]Event{
		{newEvent(1, testProject, "pipeline", "p1", "created", `{"name":"billing"}`), newEvent(2, testProject, "run", "r1", "created", run)},
		{newEvent(3, testProject, "pipeline", "p1", "missing", `{"name":"billing"}`)},
		{newEvent(4, testProject, "pipeline", "p1", "deleted", `{"name":"billing"}`)},
		{newEvent(5, testProject, "run", "r1", "expired", run)},
		{newEvent(6, testProject, "pipeline", "p1", "restored", `{"name":"billing"}`)},
	}
	for i, current := range []int{1, 1, 0, 0, 0} {
		insert(t, conn, steps[i]...)
		if n := len(queryRows(t, conn, "SELECT run_id FROM runs_current")); n != current {
			t.Errorf("after step %d runs_current has %d rows, want %d", i, n, current)
		}
		got := marshal(t, queryRows(t, conn, "SELECT pipeline_id, run_id, status, duration_ms FROM stage_attempts FINAL"))
		if want := `[{"duration_ms":300000,"pipeline_id":"p1","run_id":"r1","status":"COMPLETED"}]`; got != want {
			t.Errorf("after step %d the attempts are %s", i, got)
		}
		if rows := queryRows(t, conn, "SELECT service, succeeded FROM deployments"); len(rows) != 1 || rows[0]["service"] != "billing" || rows[0]["succeeded"] != true {
			t.Errorf("after step %d the deployments are %v", i, rows)
		}
		if rows := queryRows(t, conn, "SELECT status, run_number FROM runs FINAL"); len(rows) != 1 || rows[0]["status"] != "COMPLETED" {
			t.Errorf("after step %d the runs are %v", i, rows)
		}
	}
}

func TestVanishedGateItem(t *testing.T) {
	conn := migratedDB(t)
	gate := func(seq uint64, names ...string) Event {
		var items []string
		for _, n := range names {
			items = append(items, fmt.Sprintf(`{"name":%q,"compareType":"≤","isCheck":1,"value":%d}`, n, seq))
		}
		return newEvent(seq, "_tenant", "gate", "check.review-data", "changed", `{"result":{"review_info":[`+strings.Join(items, ",")+`]}}`)
	}
	for _, step := range []struct {
		event Event
		want  string
	}{
		{gate(1, "a", "b"), `[{"name":"a","value":1},{"name":"b","value":1}]`},
		{gate(2, "b"), `[{"name":"b","value":2}]`},
		{gate(3), `[]`},
	} {
		insertOnly(t, conn, step.event)
		if got := marshal(t, queryRows(t, conn, "SELECT name, value FROM gates ORDER BY name")); got != step.want {
			t.Errorf("got %s, want %s", got, step.want)
		}
	}
	want := `[{"is_check":true,"name":"a","project_id":"","value":1},{"is_check":true,"name":"b","project_id":"","value":1},{"is_check":true,"name":"b","project_id":"","value":2}]`
	if got := marshal(t, queryRows(t, conn, "SELECT project_id, name, is_check, value FROM gate_history FINAL ORDER BY name, ver")); got != want {
		t.Errorf("history %s, want %s", got, want)
	}
}

// scramble returns events in another order, some of them twice or thrice, cut
// into batches.
func scramble(events []Event, rng *rand.Rand) [][]Event {
	all := append([]Event(nil), events...)
	for range len(events) / 2 {
		all = append(all, events[rng.IntN(len(events))])
	}
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	var batches [][]Event
	for len(all) > 0 {
		n := min(len(all), 1+rng.IntN(300))
		batches = append(batches, all[:n])
		all = all[n:]
	}
	return batches
}

// content is everything a reader sees of all tables under FINAL, and of the deployments that are kept.
func content(t testing.TB, conn driver.Conn) map[string]string {
	t.Helper()
	tables := map[string]string{}
	sources := map[string]string{"events": "events FINAL", "deployments": "deployments"}
	for _, p := range Projections {
		sources[p.Table] = p.Table + " FINAL"
	}
	for name, from := range sources {
		tables[name] = rows(t, conn, from)
	}
	return tables
}

// rows are the rows of a table, one a line.
func rows(t testing.TB, conn driver.Conn, from string) string {
	t.Helper()
	var b strings.Builder
	for _, row := range queryRows(t, conn, "SELECT * FROM "+from+" ORDER BY ALL") {
		b.WriteString(marshal(t, row) + "\n")
	}
	return b.String()
}

func compareContent(t *testing.T, what string, got, want map[string]string) {
	t.Helper()
	for table, w := range want {
		if got[table] != w {
			t.Errorf("%s: %s differs: %s", what, table, firstDifference(got[table], w))
		}
	}
}

func TestRowsDoNotDependOnOrderBatchesOrRepetition(t *testing.T) {
	events := worldEvents(t)
	straight := migratedDB(t)
	insert(t, straight, events...)
	want := content(t, straight)
	for table, rows := range want {
		if rows == "" {
			t.Errorf("the test's events give %s no row", table)
		}
	}
	for seed := range uint64(3) {
		conn := migratedDB(t)
		for _, batch := range scramble(events, rand.New(rand.NewPCG(seed, 7))) {
			insertOnly(t, conn, batch...)
		}
		settled(t, conn) // TestJudgedAreThoseOfThePlainViews settles in between
		compareContent(t, fmt.Sprintf("seed %d", seed), content(t, conn), want)
	}
}

// TestOddRows: a record in two parts is one row with all its bytes, and the same record told again is no second one.
func TestOddRows(t *testing.T) {
	conn := migratedDB(t)
	const body = `{"api":"Pipelines","digest":"d1","part":%d,"parts":2,"poller":"pipelines","position":7,"raw":%q,"reason":"\"two\" is no integer","row_kind":"run","size":9}`
	insertOnly(t, conn,
		newEvent(2, testProject, "odd_row", "d1/1", "created", fmt.Sprintf(body, 1, "/w==")), // the byte 0xff
		newEvent(1, testProject, "odd_row", "d1/0", "created", fmt.Sprintf(body, 0, "eyJhIjoiYiI=")),
		newEvent(3, testProject, "odd_row", "d1/0", "created", fmt.Sprintf(body, 0, "eyJhIjoiYiI=")))
	rows := queryRows(t, conn, "SELECT scope, digest, row_kind, api, poller, position, reason, size, hex(raw) AS bytes, length(raw) = size AS whole, poll_id FROM odd_rows")
	want := []map[string]any{{
		"scope": testProject, "digest": "d1", "row_kind": "run", "api": "Pipelines", "poller": "pipelines", "position": 7,
		"reason": `"two" is no integer`, "size": 9, "bytes": "7B2261223A226222FF", "whole": 1, "poll_id": "p1",
	}}
	if len(rows) != 1 {
		t.Fatalf("%d odd rows, want one: %v", len(rows), rows)
	}
	compareRows(t, "odd_rows", 0, rows[0], want[0])
}

// TestSplitDetail: a detail whose stages come one by one gives the rows of the same detail in one piece.
func TestSplitDetail(t *testing.T) {
	stage := func(name string, jobs string) string {
		return fmt.Sprintf(`{"id":"id-%s","name":%q,"status":"COMPLETED","pre":[{"id":"pre-%s"}],"jobs":[%s],"post":[]}`, name, name, name, jobs)
	}
	first, second := stage("build", `{"id":"","name":"compile","steps":[{"id":""},{"id":"s1"}]}`), stage("deploy", `{"id":"j2","name":"roll","steps":[{"id":""}]}`)
	tables := []string{"run_details", "stages", "jobs", "steps"}
	read := func(events ...Event) (out [][]map[string]any) {
		conn := migratedDB(t)
		insertOnly(t, conn, events...)
		for _, table := range tables {
			out = append(out, queryRows(t, conn, "SELECT * EXCEPT (ver, observed_at) FROM "+table+" FINAL ORDER BY ALL"))
		}
		return out
	}
	whole := read(newEvent(1, testProject, "run_detail", "r1", "created", `{"id":"r1","name":"n","pipeline_id":"p1","stages":[`+first+","+second+`]}`))
	split := read(
		newEvent(1, testProject, "run_detail_stage", "r1/0", "created", `{"first_stage":0,"pipeline_id":"p1","run_id":"r1","stages":[`+first+`]}`),
		newEvent(2, testProject, "run_detail_stage", "r1/1", "created", `{"first_stage":1,"pipeline_id":"p1","run_id":"r1","stages":[`+second+`]}`),
		newEvent(3, testProject, "run_detail", "r1", "created", `{"id":"r1","name":"n","pipeline_id":"p1","split_stages":2,"stages":[]}`))
	for i, table := range tables {
		if len(whole[i]) != []int{1, 2, 2, 5}[i] || len(split[i]) != len(whole[i]) {
			t.Errorf("%s has %d rows of the whole detail and %d of the split one", table, len(whole[i]), len(split[i]))
			continue
		}
		for j := range whole[i] {
			compareRows(t, table, j, split[i][j], whole[i][j])
		}
	}
}
