package codeartstest

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

// scripted is a tenant with one pipeline of three stages, two of them with the same sequence.
func scripted(t *testing.T, options Options) (c *caller, project, pipeline string) {
	c = newCaller(t, options)
	w := c.tenant.World()
	project = w.AddProject("Alpha")
	pipeline = w.AddPipeline(PipelineSpec{ProjectID: project, Name: "Über-Pipeline 流水线", Created: instant.Add(-time.Hour), Stages: []StageSpec{
		{Name: "Build", Sequence: 0, Jobs: []JobSpec{job("Compile", step("maven_build", "Build", 1))}},
		{Name: "Test", Sequence: 1, Jobs: []JobSpec{job("Run", step("run_tests", "Test", 1))}},
		{Name: "Deploy", Sequence: 1},
	}})
	return c, project, pipeline
}

// at is a time after the instant.
func at(seconds int) time.Time { return instant.Add(time.Duration(seconds) * time.Second) }

func done(position, start, end int) StageAttempt {
	return StageAttempt{Position: position, Start: at(start), End: at(end), Status: StatusCompleted}
}

func failed(position, start, end int) StageAttempt {
	return StageAttempt{Position: position, Start: at(start), End: at(end), Status: StatusFailed}
}

// TestRetry follows a run whose second stage fails and is retried, and then waits for a review.
func TestRetry(t *testing.T) {
	c, project, pipeline := scripted(t, Options{})
	review := done(2, 701, 4000)
	review.PausedFrom, review.PausedUntil = at(702), at(3990)
	run := c.tenant.World().AddRun(Run{PipelineID: pipeline, Start: at(0), Stages: []StageAttempt{
		done(0, 1, 60), failed(1, 61, 120), done(1, 600, 700), review,
	}})
	tests := []struct {
		second int
		status string
		end    any
		stages string // status and start of each stage, at +08:00
	}{
		{0, "RUNNING", nil, "INIT - INIT - INIT -"},
		{1, "RUNNING", nil, "RUNNING 14:00:01 INIT - INIT -"},
		{60, "RUNNING", nil, "COMPLETED 14:00:01 INIT - INIT -"},
		{119, "RUNNING", nil, "COMPLETED 14:00:01 RUNNING 14:01:01 INIT -"},
		{120, "FAILED", ms(at(120)), "COMPLETED 14:00:01 FAILED 14:01:01 INIT -"},
		{599, "FAILED", ms(at(120)), "COMPLETED 14:00:01 FAILED 14:01:01 INIT -"},
		{600, "RUNNING", nil, "COMPLETED 14:00:01 RUNNING 14:10:00 INIT -"},
		{702, "PAUSED", nil, "COMPLETED 14:00:01 COMPLETED 14:10:00 PAUSED 14:11:41"},
		{3990, "RUNNING", nil, "COMPLETED 14:00:01 COMPLETED 14:10:00 RUNNING 14:11:41"},
		{4000, "COMPLETED", ms(at(4000)), "COMPLETED 14:00:01 COMPLETED 14:10:00 COMPLETED 14:11:41"},
	}
	jobs := map[string]bool{}
	for _, test := range tests {
		c.clock.set(at(test.second))
		rows := c.runs(project, pipeline, 10)
		if len(rows) != 1 || rows[0]["pipeline_run_id"] != run.ID || rows[0]["run_number"] != 1.0 || rows[0]["start_time"] != ms(at(0)) {
			t.Fatalf("second %d: rows are %v", test.second, rows)
		}
		var stages []string
		for _, value := range rows[0]["stage_status_list"].([]any) {
			stage := value.(object)
			start, _ := stage["start_time"].(string)
			stages = append(stages, stage["status"].(string), strings.TrimPrefix(start+"-", "2026-03-04 "))
		}
		got := strings.ReplaceAll(strings.Join(stages, " ")+" ", "- ", " ")
		want := strings.ReplaceAll(test.stages+" ", "- ", " ")
		if strings.Join(strings.Fields(got), " ") != strings.Join(strings.Fields(want), " ") || rows[0]["status"] != test.status || rows[0]["end_time"] != test.end {
			t.Errorf("second %d: %v %v %s, want %s %v %s", test.second, rows[0]["status"], rows[0]["end_time"], got, test.status, test.end, want)
		}
		compareRun(t, rows[0], c.tenant.Truth(at(test.second)).Runs[0])
		var detail struct {
			Stages []struct {
				Jobs []struct{ ID string }
			}
		}
		c.get("GET", "/v5/"+project+"/api/pipelines/"+pipeline+"/pipeline-runs/detail", "", &detail)
		jobs[detail.Stages[1].Jobs[0].ID] = true
	}
	if len(jobs) != 2 {
		t.Errorf("the job of the retried stage had %d ids, want one for each attempt", len(jobs))
	}
	truth := c.tenant.Truth(at(5000))
	var attempts []string
	for _, a := range truth.Attempts {
		attempts = append(attempts, fmt.Sprint(a.Name, a.Attempt, a.Status, a.Superseded))
	}
	if want := []string{"Build1COMPLETEDfalse", "Test1FAILEDtrue", "Test2COMPLETEDfalse", "Deploy1COMPLETEDfalse"}; !slices.Equal(attempts, want) {
		t.Errorf("attempts are %v, want %v", attempts, want)
	}
	if truth.Runs[0].Tries != 2 {
		t.Errorf("tries are %d, want 2", truth.Runs[0].Tries)
	}
}

// TestRestartHidesLaterStages retries a stage behind which another one had already run.
func TestRestartHidesLaterStages(t *testing.T) {
	r := Run{Start: at(0), Stages: []StageAttempt{done(0, 0, 10), done(1, 11, 20), failed(2, 21, 30), done(0, 100, 110), done(1, 111, 120), done(2, 121, 130)}}
	tests := []struct {
		second int
		want   string
	}{
		{30, "COMPLETED1 COMPLETED1 FAILED1 FAILED"},
		{105, "RUNNING2 INIT2 INIT2 RUNNING"},
		{115, "COMPLETED2 RUNNING2 INIT2 RUNNING"},
		{130, "COMPLETED2 COMPLETED2 COMPLETED2 COMPLETED"},
	}
	for _, test := range tests {
		state := r.stateAt(at(test.second), 3)
		got := ""
		for _, s := range state.stages {
			got += fmt.Sprint(s.status, s.attempt, " ")
		}
		if got += state.status; got != test.want {
			t.Errorf("second %d: %s, want %s", test.second, got, test.want)
		}
	}
}

// TestRunWindow asks for windows on runs that start at seconds 0, 300 and 600; the last one never ends.
func TestRunWindow(t *testing.T) {
	c, project, pipeline := scripted(t, Options{MaxRunPage: 2})
	w := c.tenant.World()
	w.AddRun(Run{PipelineID: pipeline, Start: at(0), Stages: []StageAttempt{failed(0, 0, 10)}})
	w.AddRun(Run{PipelineID: pipeline, Start: at(300), Stages: []StageAttempt{done(0, 300, 310), done(1, 311, 320), done(2, 321, 330)}})
	w.AddRun(Run{PipelineID: pipeline, Start: at(600), Stages: []StageAttempt{{Position: 0, Start: at(600)}}})
	c.clock.set(at(1000))
	zero := instant.UnixMilli()
	tests := []struct {
		name, body string
		numbers    []int
		total      int
	}{
		{"all, newest first", `{"limit":10}`, []int{3, 2}, 3},
		{"second page", `{"offset":2,"limit":2}`, []int{1}, 3},
		{"beyond", `{"offset":3,"limit":2}`, nil, 3},
		{"ascending", `{"limit":2,"sort_key":"start_time","sort_dir":"asc"}`, []int{1, 2}, 3},
		{"both ends included", fmt.Sprintf(`{"limit":2,"start_time":%d,"end_time":%d}`, zero, zero+300_000), []int{2, 1}, 2},
		{"a millisecond less", fmt.Sprintf(`{"limit":2,"start_time":%d,"end_time":%d}`, zero+1, zero+299_999), nil, 0},
		{"as strings", fmt.Sprintf(`{"limit":2,"start_time":"%d","end_time":"%d"}`, zero+1, zero+300_000), []int{2}, 1},
		{"as local times", `{"limit":2,"start_time":"2026-03-04 14:05:00","end_time":"2026-03-04 14:09:59"}`, []int{2}, 1},
		{"open end", fmt.Sprintf(`{"limit":2,"start_time":%d}`, zero+300_001), []int{3}, 1},
		{"status", `{"limit":2,"status":["RUNNING","FAILED"]}`, []int{3, 1}, 2},
		{"status and window", fmt.Sprintf(`{"limit":2,"status":["RUNNING"],"end_time":%d}`, zero+599_999), nil, 0},
		{"by update, descending", `{"limit":2,"sort_key":"update_time","sort_dir":"DESC"}`, []int{3, 2}, 3},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var page struct {
				Limit, Total int
				Runs         []struct {
					Number int `json:"run_number"`
				} `json:"pipeline_runs"`
			}
			c.get("POST", "/v5/"+project+"/api/pipelines/"+pipeline+"/pipeline-runs/list", test.body, &page)
			var numbers []int
			for _, r := range page.Runs {
				numbers = append(numbers, r.Number)
			}
			if !slices.Equal(numbers, test.numbers) || page.Total != test.total || page.Limit != 2 {
				t.Errorf("runs %v of %d, limit %d; want %v of %d, limit 2", numbers, page.Total, page.Limit, test.numbers, test.total)
			}
		})
	}
}

// TestRetention sees a run go when it becomes older than 90 days.
func TestRetention(t *testing.T) {
	c, project, pipeline := scripted(t, Options{TokenLife: 1000 * 24 * time.Hour})
	w := c.tenant.World()
	old := w.AddRun(Run{PipelineID: pipeline, Start: at(0), Stages: []StageAttempt{failed(0, 0, 10)}})
	w.AddRun(Run{PipelineID: pipeline, Start: at(7200), Stages: []StageAttempt{failed(0, 7200, 7210)}})
	detail := "/v5/" + project + "/api/pipelines/" + pipeline + "/pipeline-runs/detail?pipeline_run_id=" + old.ID
	c.clock.set(at(0).Add(Retention))
	if n := len(c.runs(project, pipeline, 10)); n != 2 {
		t.Errorf("%d runs after exactly 90 days, want 2", n)
	}
	if _, code := c.refused("GET", detail, ""); code != "" {
		t.Errorf("the detail is refused: %s", code)
	}
	c.clock.set(at(1).Add(Retention))
	if rows := c.runs(project, pipeline, 10); len(rows) != 1 || rows[0]["run_number"] != 2.0 {
		t.Errorf("a second later the runs are %v", rows)
	}
	if status, code := c.refused("GET", detail, ""); status != 200 || code != "DEVCP.00012002" {
		t.Errorf("the detail: %d %s", status, code)
	}
	truth := c.tenant.Truth(at(1).Add(Retention))
	if len(truth.Runs) != 2 || !truth.Runs[0].Expired || truth.Runs[1].Expired {
		t.Errorf("the truth is %+v", truth.Runs)
	}
}

// TestRefusals covers the documented errors, most of them with HTTP 200.
func TestRefusals(t *testing.T) {
	c, project, pipeline := scripted(t, Options{})
	other := c.tenant.World().AddProject("Beta")
	lost := c.tenant.World().AddProject("Gamma")
	c.tenant.World().SetMember(lost, instant, false)
	runs := func(project, pipeline string) string {
		return "/v5/" + project + "/api/pipelines/" + pipeline + "/pipeline-runs/list"
	}
	tests := []struct {
		method, path, body string
		status             int
		code               string
	}{
		{"POST", runs(project, pipeline), `{}`, 200, ""},
		{"POST", runs(project, pipeline), `{`, 200, "DEVCP.00014004"},
		{"POST", runs(project, pipeline), `{"start_time":"yesterday"}`, 200, "DEVCP.00014004"},
		{"POST", runs(project, pipeline), `{"sort_key":"colour"}`, 200, "DEVCP.00014004"},
		{"POST", runs(project, "nothing"), `{}`, 200, "DEVPIPE.00011401"},
		{"POST", runs(other, pipeline), `{}`, 200, "DEVPIPE.00011136"},
		{"POST", runs(lost, pipeline), `{}`, 200, "DEVPIPE.00011412"},
		{"GET", "/v5/" + project + "/api/pipelines/" + pipeline + "/pipeline-runs/detail", "", 200, "DEVCP.00012002"},
		{"POST", "/v5/" + project + "/api/pipelines/list", `{"offset":-1}`, 200, "DEVCP.00014004"},
		{"POST", "/v5/" + project + "/api/pipelines/list", `{"sort_key":"colour"}`, 200, "DEVCP.00014004"},
		{"POST", "/v5/" + project + "/api/pipelines/status", `{}`, 200, "DEVCP.00014004"},
		{"GET", "/v5/" + lost + "/api/pipeline-group/tree", "", 200, "DEVPIPE.00011412"},
		{"GET", "/v4/tenant/repositories?limit=0", "", 400, "DEV-23-50002"},
		{"GET", "/v4/tenant/repositories?limit=101", "", 400, "DEV-23-50002"},
		{"GET", "/v4/tenant/repositories?offset=-1", "", 400, "DEV-23-50002"},
		{"GET", "/v2/transmission/review-data", "", 400, "CC.00000000.400"},
		{"GET", "/v2/transmission/review-data?is_check_project=1&project_id=x", "", 400, "CC.00000000.400"},
		{"GET", "/v1/job/x/group/tree", "", 404, "DEV.CB.0510021"},
	}
	for _, test := range tests {
		if status, code := c.refused(test.method, test.path, test.body); status != test.status || code != test.code {
			t.Errorf("%s %s %s: %d %s, want %d %s", test.method, test.path, test.body, status, code, test.status, test.code)
		}
	}
	if rows := c.pipelines(lost, 10); len(rows) != 0 {
		t.Errorf("a lost project lists %v", rows)
	}
	var none []object
	c.get("POST", "/v5/"+project+"/api/pipelines/status", `["`+pipeline+`","nothing"]`, &none)
	if !reflect.DeepEqual(none, []object{}) {
		t.Errorf("statuses of pipelines that never ran are %v", none)
	}
}
