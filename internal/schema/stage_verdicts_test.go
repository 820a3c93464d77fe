package schema

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// verdictWorld: the stage "test" of pipeline p on main passes in run 1, fails in
// run 2, fails again when run 2 is retried, is cancelled in run 3, fails in run
// 4 and passes in run 5; in run 6 it fails and is red. On the branch "x" it
// fails once, between runs 1 and 2. The stage of pipeline q has only failed.
func verdictWorld() (events []Event) {
	add := func(pipeline, branch string, number int, attempts ...string) {
		events = append(events, newEvent(uint64(len(events)+1), testProject, "run", fmt.Sprintf("%s%d", pipeline, number), "changed", fmt.Sprintf(
			`{"pipeline_id":%q,"run_number":%d,"status":"FAILED","executor_name":"e%d","build_params":{"commit_id":"c%d","target_branch":%q},"stage_status_list":[%s]}`,
			pipeline, number, number, number, branch, strings.Join(attempts, ","))))
	}
	test := func(status, hour, end string) string {
		return stage("test", status, "2026-03-01 "+hour, "2026-03-01 "+end)
	}
	add("p", "main", 1, test("COMPLETED", "10:00:00", "10:10:00"))
	add("p", "x", 7, test("FAILED", "10:15:00", "10:20:00"))
	add("p", "main", 2, test("FAILED", "11:00:00", "11:10:00"))
	add("p", "main", 2, test("FAILED", "11:30:00", "11:35:00"))
	add("p", "main", 3, test("CANCELED", "12:00:00", "12:10:00"))
	add("p", "main", 4, test("FAILED", "13:00:00", "13:10:00"))
	add("p", "main", 5, test("COMPLETED", "14:00:00", "14:10:00"))
	add("p", "main", 6, test("FAILED", "15:00:00", "15:10:00"))
	add("q", "", 1, test("FAILED", "09:00:00", "09:10:00"))
	return events
}

func lines(t *testing.T, rows []map[string]any, columns ...string) (out []string) {
	t.Helper()
	for _, row := range rows {
		var cells []string
		for _, c := range columns {
			cells = append(cells, fmt.Sprint(row[c]))
		}
		out = append(out, strings.Join(cells, " "))
	}
	return out
}

func TestStageVerdicts(t *testing.T) {
	conn := migratedDB(t)
	events := verdictWorld()
	slices.Reverse(events) // the order of storing does not matter
	insertOnly(t, conn, events...)
	got := lines(t, queryRows(t, conn, "SELECT *, formatDateTime(finished_at, '%H:%i', 'Asia/Shanghai') AS at FROM stage_verdicts ORDER BY finished_at"), "at", "pipeline_id", "target_branch", "run_number", "state")
	want := []string{
		"09:10 q  1 newly failing", "10:10 p main 1 passing", "10:20 p x 7 newly failing", "11:10 p main 2 newly failing", "11:35 p main 2 still failing",
		"13:10 p main 4 still failing", "14:10 p main 5 recovered", "15:10 p main 6 newly failing",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestRedEpisodes(t *testing.T) {
	conn := migratedDB(t)
	insert(t, conn, verdictWorld()...)
	got := lines(t, queryRows(t, conn, `SELECT *, formatDateTime(red_since, '%H:%i', 'Asia/Shanghai') AS red, formatDateTime(green_at, '%H:%i', 'Asia/Shanghai') AS green,
		formatDateTime(last_green_at, '%H:%i', 'Asia/Shanghai') AS before FROM red_episodes ORDER BY red_since`),
		"pipeline_id", "target_branch", "before", "red", "green", "red_s", "first_run_number", "first_commit_id", "first_executor_name", "failures", "runs",
		"last_run_number", "green_run_number", "green_commit_id")
	want := []string{
		"q  <nil> 09:10 <nil> <nil> 1 c1 e1 1 1 1 <nil> ",
		"p x <nil> 10:20 <nil> <nil> 7 c7 e7 1 1 7 <nil> ",
		"p main 10:10 11:10 14:10 10800 2 c2 e2 3 2 4 5 c5",
		"p main 14:10 15:10 <nil> <nil> 6 c6 e6 1 1 6 <nil> ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A stage is the same one by its name, wherever it is in the list of its run; of two with one name the second is another one. The
// stage "deploy" of pipeline p fails in run 2, a stage is put before it, and it passes in run 3. Pipeline q deploys twice in a run: the
// second time fails in run 1 and, after a stage was put before both, in run 2, and passes in run 3.
func TestAStageIsTheSameByItsName(t *testing.T) {
	conn := migratedDB(t)
	var events []Event
	add := func(pipeline string, number int, stages ...string) {
		var list []string
		for i, s := range stages {
			name, status, _ := strings.Cut(s, " ")
			at := func(minute int) string { return fmt.Sprintf("2026-03-01 1%d:%02d:00", number, 10*i+minute) }
			list = append(list, stage(name, status, at(0), at(9)))
		}
		events = append(events, newEvent(uint64(len(events)+1), testProject, "run", fmt.Sprintf("%s%d", pipeline, number), "changed", fmt.Sprintf(
			`{"pipeline_id":%q,"run_number":%d,"status":"FAILED","executor_name":"e%d","build_params":{"commit_id":"c%d"},"stage_status_list":[%s]}`,
			pipeline, number, number, number, strings.Join(list, ","))))
	}
	add("p", 1, "deploy COMPLETED")
	add("p", 2, "deploy FAILED")
	add("p", 3, "migrate COMPLETED", "deploy COMPLETED")
	add("q", 1, "deploy COMPLETED", "deploy FAILED")
	add("q", 2, "migrate COMPLETED", "deploy COMPLETED", "deploy FAILED")
	add("q", 3, "deploy CANCELED", "migrate COMPLETED", "deploy COMPLETED")
	insert(t, conn, events...)
	for query, want := range map[string][]string{
		"SELECT pipeline_id, position, stage, run_number, state FROM stage_verdicts WHERE stage = 'deploy' ORDER BY pipeline_id, finished_at": {
			"p 0 deploy 1 passing", "p 0 deploy 2 newly failing", "p 1 deploy 3 recovered",
			"q 0 deploy 1 passing", "q 1 deploy 1 newly failing", "q 1 deploy 2 passing", "q 2 deploy 2 still failing", "q 2 deploy 3 recovered",
		},
		"SELECT pipeline_id, position, stage, first_run_number AS run_number, concat(toString(failed_by), ' green in ', green_run_id) AS state FROM red_times ORDER BY pipeline_id": {
			"p 0 deploy 2 [(0,'e2')] green in p3", "q 1 deploy 1 [(1,'e1'),(2,'e2')] green in q3",
		},
	} {
		if got := lines(t, queryRows(t, conn, query), "pipeline_id", "position", "stage", "run_number", "state"); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// A red stage is gone while the run of its branch that completed or failed last does not list it. The stage "deploy" of each pipeline
// fails in run 1 at 11:19; the pipelines are named by what their later runs are. Run n begins at 1n:00 and ends at 1n:50.
func TestGoneStages(t *testing.T) {
	conn := migratedDB(t)
	var events []Event
	add := func(pipeline, branch string, number int, status string, stages ...string) {
		var list []string
		for i, s := range stages {
			name, state, _ := strings.Cut(s, " ")
			begin, end := fmt.Sprintf("2026-03-01 1%d:%d0:00", number, i), fmt.Sprintf("2026-03-01 1%d:%d9:00", number, i)
			if state == "INIT" || state == "SKIPPED" || state == "UNSELECTED" {
				begin, end = "", ""
			}
			list = append(list, stage(name, state, begin, end))
		}
		runNumber := number
		if pipeline == "overtaken" { // its runs end in the reverse order
			runNumber = 10 - number
		}
		var ended int64
		if status != "RUNNING" {
			ended = time.Date(2026, 3, 1, 2+number, 50, 0, 0, time.UTC).UnixMilli()
		}
		e := newEvent(uint64(len(events)+1), testProject, "run", fmt.Sprint(pipeline, number), "changed", fmt.Sprintf(
			`{"pipeline_id":%q,"run_number":%d,"status":%q,"end_time":%d,"build_params":{"target_branch":%q},"stage_status_list":[%s]}`, pipeline, runNumber, status, ended, branch, strings.Join(list, ",")))
		e.ObservedAt = time.Date(2026, 3, 1, 2+number, 51, 0, 0, time.UTC)
		events = append(events, e)
	}
	for _, pipeline := range []string{"back", "cancelled", "failing", "goes on", "no list", "not begun", "not chosen", "nothing begins", "other branch", "overtaken", "renamed", "retried", "skipped", "twice"} {
		events = append(events, newEvent(uint64(len(events)+1), testProject, "pipeline", pipeline, "created", fmt.Sprintf(`{"pipeline_id":%q,"name":%q,"project_id":%q}`, pipeline, pipeline, testProject)))
		if pipeline != "twice" {
			add(pipeline, "main", 1, "FAILED", "build COMPLETED", "deploy FAILED")
		}
	}
	add("back", "main", 2, "COMPLETED", "build COMPLETED")
	add("back", "main", 3, "FAILED", "build FAILED", "deploy INIT")
	add("cancelled", "main", 2, "CANCELED", "build COMPLETED")
	add("failing", "main", 2, "COMPLETED", "build COMPLETED")
	add("failing", "main", 3, "RUNNING", "build COMPLETED", "deploy FAILED")
	add("goes on", "main", 2, "RUNNING", "build COMPLETED")
	add("no list", "main", 2, "FAILED")
	add("not begun", "main", 2, "FAILED", "build FAILED", "deploy INIT")
	add("not chosen", "main", 2, "COMPLETED", "build COMPLETED", "deploy UNSELECTED")
	add("nothing begins", "main", 2, "FAILED", "build INIT")
	add("other branch", "x", 2, "COMPLETED", "build COMPLETED")
	add("overtaken", "main", 2, "COMPLETED", "build COMPLETED")
	add("renamed", "main", 2, "COMPLETED", "build COMPLETED", "ship COMPLETED")
	add("retried", "main", 2, "FAILED", "build FAILED")
	add("retried", "main", 2, "RUNNING", "build RUNNING")
	add("skipped", "main", 2, "COMPLETED", "build COMPLETED", "deploy SKIPPED")
	add("twice", "main", 1, "FAILED", "deploy COMPLETED", "deploy FAILED")
	add("twice", "main", 2, "COMPLETED", "build COMPLETED", "deploy COMPLETED")
	slices.Reverse(events) // the order of storing does not matter
	insert(t, conn, events...)
	stays := []string{"cancelled", "goes on", "no list", "not begun", "not chosen", "nothing begins", "other branch", "overtaken", "skipped"}
	for at, want := range map[string][]string{
		"12:49": append([]string{"back", "failing", "renamed", "retried", "twice"}, stays...),
		"12:51": stays, // that run 2 of "retried" had ended was seen then
		"13:19": append([]string{"failing"}, stays...),
		"13:50": append([]string{"back", "failing"}, stays...),
	} {
		slices.Sort(want)
		got := lines(t, queryRows(t, conn, fmt.Sprintf("SELECT pipeline_id FROM failed_stages_as_of(as_of = parseDateTimeBestEffort('2026-03-01 %s:00+08:00')) WHERE stage = 'deploy' ORDER BY pipeline_id", at)), "pipeline_id")
		if !slices.Equal(got, want) {
			t.Errorf("red at %s: %q, want %q", at, got, want)
		}
	}
	got := lines(t, queryRows(t, conn, "SELECT *, formatDateTime(gone_at, '%H:%i', 'Asia/Shanghai') AS gone FROM red_episodes WHERE stage = 'deploy' AND gone_at IS NOT NULL ORDER BY pipeline_id"), "pipeline_id", "gone", "green_at", "red_s")
	if want := []string{"renamed 12:50 <nil> <nil>", "retried 12:51 <nil> <nil>", "twice 12:50 <nil> <nil>"}; !slices.Equal(got, want) {
		t.Errorf("gone: %q, want %q", got, want)
	}
}
