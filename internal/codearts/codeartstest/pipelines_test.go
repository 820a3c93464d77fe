package codeartstest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestPipelineQuery tries the documented parameters of 4.2.4 on three pipelines of one project and one of another.
func TestPipelineQuery(t *testing.T) {
	c := newCaller(t, Options{MaxPipelinePage: 2})
	w := c.tenant.World()
	project, other := w.AddProject("Alpha"), w.AddProject("Beta")
	root := w.AddGroup(GroupSpec{ProjectID: project, Name: "root", Created: at(-100)})
	child := w.AddGroup(GroupSpec{ProjectID: project, ParentID: root, Name: "child", Created: at(-100)})
	one, two := User{ID: "u1", Name: "one"}, User{ID: "u2", Name: "two"}
	stages := []StageSpec{{Name: "Build"}}
	a := w.AddPipeline(PipelineSpec{ProjectID: project, Name: "b-api", Created: at(-30), Creator: one, GroupID: root, Stages: stages})
	b := w.AddPipeline(PipelineSpec{ProjectID: project, Name: "A-web", Created: at(-20), Creator: two, GroupID: child, IsPublish: true, Stages: stages})
	w.AddPipeline(PipelineSpec{ProjectID: project, Name: "c-idle", Created: at(-10), Creator: two, Stages: stages})
	w.AddPipeline(PipelineSpec{ProjectID: other, Name: "d-other", Created: at(-5), Creator: one, Stages: stages})
	w.AddRun(Run{PipelineID: a, Start: at(0), Stages: []StageAttempt{failed(0, 0, 50)}})
	w.AddRun(Run{PipelineID: b, Start: at(10), Executor: two, Stages: []StageAttempt{done(0, 10, 20)}})
	w.DeletePipeline(b, at(1000))
	c.clock.set(at(100))
	ask := func(body string) (names string, total int) {
		var page struct {
			Total     int
			Pipelines []struct{ Name string }
		}
		c.get("POST", "/v5/"+project+"/api/pipelines/list", body, &page)
		var all []string
		for _, p := range page.Pipelines {
			all = append(all, p.Name)
		}
		return strings.Join(all, " "), page.Total
	}
	zero := instant.UnixMilli()
	tests := []struct {
		body, names string
		total       int
	}{
		{``, "c-idle A-web", 3},
		{`{"offset":2,"limit":50}`, "b-api", 3},
		{`{"sort_key":"create_time","sort_dir":"asc"}`, "b-api A-web", 3},
		{`{"sort_key":"name","sort_dir":"ASC"}`, "A-web b-api", 3},
		{`{"sort_key":"update_time","sort_dir":"desc"}`, "b-api A-web", 3},
		{fmt.Sprintf(`{"project_id":%q}`, other), "d-other", 1},
		{fmt.Sprintf(`{"project_ids":[%q,%q]}`, other, project), "d-other c-idle", 4},
		{`{"project_id":"none"}`, "", 0},
		{`{"name":"WEB"}`, "A-web", 1},
		{`{"is_publish":true}`, "A-web", 1},
		{`{"is_publish":false}`, "c-idle b-api", 2},
		{`{"creator_ids":["u2"]}`, "c-idle A-web", 2},
		{`{"executor_ids":["u2"]}`, "A-web", 1},
		{`{"status":["FAILED","RUNNING"]}`, "b-api", 1},
		{fmt.Sprintf(`{"start_time":"%d"}`, zero+1), "A-web", 1},
		{fmt.Sprintf(`{"end_time":%d}`, zero), "b-api", 1},
		{fmt.Sprintf(`{"group_path_id":%q}`, root), "A-web b-api", 2},
		{fmt.Sprintf(`{"group_path_id":"%s.%s"}`, root, child), "A-web", 1},
	}
	for _, test := range tests {
		if names, total := ask(test.body); names != test.names || total != test.total {
			t.Errorf("%s: %q of %d, want %q of %d", test.body, names, total, test.names, test.total)
		}
	}
	c.clock.set(at(1000))
	if names, total := ask(""); names != "c-idle b-api" || total != 2 {
		t.Errorf("after the deletion: %s of %d", names, total)
	}
	c.clock.set(at(-15))
	if names, _ := ask(""); names != "A-web b-api" {
		t.Errorf("before the creation: %s", names)
	}
}

// TestOverlap starts a second run while the first one goes on, and then gives the first one a retry.
func TestOverlap(t *testing.T) {
	c, project, pipeline := scripted(t, Options{})
	w := c.tenant.World()
	long := w.AddRun(Run{PipelineID: pipeline, Start: at(0), Stages: []StageAttempt{failed(0, 0, 500)}})
	w.AddRun(Run{PipelineID: pipeline, Start: at(100), Stages: []StageAttempt{done(0, 100, 110), done(1, 111, 120), done(2, 121, 130)}})
	statuses := func(second int) []string {
		c.clock.set(at(second))
		var all []string
		for _, row := range c.runs(project, pipeline, 10) {
			all = append(all, row["status"].(string))
		}
		var latest []object
		c.get("POST", "/v5/"+project+"/api/pipelines/status", `["`+pipeline+`"]`, &latest)
		return append(all, fmt.Sprint("latest ", latest[0]["run_number"]))
	}
	expect := func(second int, want ...string) {
		t.Helper()
		if got := statuses(second); !slices.Equal(got, want) {
			t.Errorf("second %d: %v, want %v", second, got, want)
		}
	}
	expect(99, "RUNNING", "latest 1")
	expect(200, "RUNNING", "COMPLETED", "latest 2")
	expect(500, "FAILED", "COMPLETED", "latest 2")
	long.Stages = append(long.Stages, done(0, 600, 700))
	w.AddRun(long)
	expect(599, "FAILED", "COMPLETED", "latest 2")
	expect(600, "RUNNING", "COMPLETED", "latest 2")
	if truth := c.tenant.Truth(at(650)); len(truth.Runs) != 2 || truth.Runs[0].Number != 1 || truth.Runs[0].Tries != 2 {
		t.Errorf("the truth is %+v", truth.Runs)
	}
}

// TestMembership loses and regains a project.
func TestMembership(t *testing.T) {
	c, project, pipeline := scripted(t, Options{})
	w := c.tenant.World()
	w.AddRun(Run{PipelineID: pipeline, Start: at(0), Stages: []StageAttempt{{Position: 0, Start: at(0)}}})
	w.SetMember(project, at(60), false)
	w.SetMember(project, at(120), true)
	for _, test := range []struct{ second, want int }{{59, 1}, {60, 0}, {119, 0}, {120, 1}} {
		second, want := test.second, test.want
		c.clock.set(at(second))
		if n := len(c.pipelines(project, 10)); n != want {
			t.Errorf("second %d: %d pipelines, want %d", second, n, want)
		}
		_, code := c.refused("POST", "/v5/"+project+"/api/pipelines/status", `["`+pipeline+`"]`)
		if (code == "DEVPIPE.00011412") != (want == 0) {
			t.Errorf("second %d: code %q", second, code)
		}
	}
}
