package codeartstest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"reflect"
	"strconv"
	"testing"
	"time"
)

// object is a decoded JSON object.
type object = map[string]any

// pipelines walks Pipeline API 4.2.4 of a project in pages.
func (c *caller) pipelines(project string, limit int) []object {
	c.t.Helper()
	var all []object
	for {
		var page struct {
			Offset, Limit, Total int
			Pipelines            []object
		}
		c.get("POST", "/v5/"+project+"/api/pipelines/list", fmt.Sprintf(`{"project_id":%q,"offset":%d,"limit":%d,"sort_key":"create_time","sort_dir":"asc"}`, project, len(all), limit), &page)
		all = append(all, page.Pipelines...)
		if len(all) >= page.Total || len(page.Pipelines) == 0 {
			if len(all) != page.Total {
				c.t.Fatalf("walked %d pipelines, total says %d", len(all), page.Total)
			}
			return all
		}
	}
}

// runs walks Pipeline API 4.2.7 of a pipeline in pages.
func (c *caller) runs(project, pipeline string, limit int) []object {
	c.t.Helper()
	var all []object
	for {
		var page struct {
			Total int
			Runs  []object `json:"pipeline_runs"`
		}
		c.get("POST", "/v5/"+project+"/api/pipelines/"+pipeline+"/pipeline-runs/list", fmt.Sprintf(`{"offset":%d,"limit":%d,"sort_key":"start_time","sort_dir":"ASC"}`, len(all), limit), &page)
		all = append(all, page.Runs...)
		if len(all) >= page.Total || len(page.Runs) == 0 {
			return all
		}
	}
}

// TestWalkEqualsTruth asks everything at several times and compares it with the truth, field by field.
func TestWalkEqualsTruth(t *testing.T) {
	c := newCaller(t, TestOptions(7, instant))
	rng := rand.New(rand.NewPCG(1, 2))
	for range 4 {
		at := instant.Add(time.Duration(rng.IntN(6*3600)-2*3600) * time.Second)
		c.clock.set(at)
		t.Run(at.Format(time.RFC3339), func(t *testing.T) { c.t = t; compare(t, c, c.tenant.Truth(at)) })
	}
}

func compare(t *testing.T, c *caller, truth Truth) {
	runs, jobs, steps := map[string]RunTruth{}, map[string]JobTruth{}, map[string]StepTruth{}
	for _, r := range truth.Runs {
		runs[r.ID] = r
	}
	for _, j := range truth.Jobs {
		if !j.Superseded {
			jobs[j.ID] = j
		}
	}
	for _, s := range truth.Steps {
		if !s.Superseded {
			steps[s.ID] = s
		}
	}
	pipelines := map[string]PipelineTruth{}
	for _, p := range truth.Pipelines {
		pipelines[p.ID] = p
	}
	for _, project := range truth.Projects {
		for _, row := range c.pipelines(project.ID, 3) {
			p, ok := pipelines[row["pipeline_id"].(string)]
			if !ok || p.Name != row["name"] || p.ProjectID != row["project_id"] || ms(p.Created) != row["create_time"] {
				t.Fatalf("pipeline %v is not %+v", row, p)
			}
			delete(pipelines, p.ID)
			if latest, ok := row["latest_run"].(object); ok != (p.LatestRunID != "") || ok && latest["pipeline_run_id"] != p.LatestRunID {
				t.Fatalf("latest run of %s is %v, want %s", p.Name, row["latest_run"], p.LatestRunID)
			}
			var status []object
			c.get("POST", "/v5/"+project.ID+"/api/pipelines/status", `["`+p.ID+`"]`, &status)
			if p.LatestRunID == "" {
				if len(status) != 0 || row["latest_run"] != nil {
					t.Fatalf("a pipeline that never ran has %v", status)
				}
				continue
			}
			if !reflect.DeepEqual(status[0], row["latest_run"]) {
				t.Fatalf("4.2.2 says %v, 4.2.4 %v", status[0], row["latest_run"])
			}
			for _, summary := range c.runs(project.ID, p.ID, 7) {
				run := runs[summary["pipeline_run_id"].(string)]
				delete(runs, run.ID)
				compareRun(t, summary, run)
				var detail object
				c.get("GET", "/v5/"+project.ID+"/api/pipelines/"+p.ID+"/pipeline-runs/detail?pipeline_run_id="+url.QueryEscape(run.ID), "", &detail)
				compareDetail(t, detail, run, jobs, steps)
			}
		}
	}
	if len(pipelines)+len(runs)+len(jobs)+len(steps) != 0 {
		t.Errorf("the API does not show %d pipelines, %d runs, %d jobs, %d steps", len(pipelines), len(runs), len(jobs), len(steps))
	}
}

func compareRun(t *testing.T, row object, run RunTruth) {
	t.Helper()
	want := object{
		"pipeline_id": run.PipelineID, "pipeline_run_id": run.ID, "executor_id": run.ExecutorID, "executor_name": run.ExecutorName,
		"status": run.Status, "run_number": float64(run.Number), "trigger_type": run.Trigger, "artifact_params": nil,
		"start_time": ms(run.Start), "end_time": ms(run.End), "build_params": nil,
	}
	if ch := run.Change; ch.RepositoryID != 0 {
		build := row["build_params"].(object)
		want["build_params"] = object{
			"action": null(ch.Action), "build_type": ch.BuildType, "commit_id": ch.CommitID, "event_type": run.Trigger, "merge_id": null(ch.MergeID),
			"message": ch.Message, "source_branch": null(ch.SourceBranch), "tag": null(ch.Tag), "target_branch": ch.TargetBranch,
			"codehub_id": strconv.FormatInt(ch.RepositoryID, 10), "git_url": build["git_url"],
		}
		if len(ch.CommitID) != 40 {
			t.Fatalf("commit id %q", ch.CommitID)
		}
	}
	stages := []any{}
	for _, s := range run.Stages {
		stages = append(stages, object{"name": s.Name, "sequence": float64(s.Sequence), "status": s.Status, "start_time": local(s.Start), "end_time": local(s.End)})
	}
	want["stage_status_list"] = stages
	if !reflect.DeepEqual(row, want) {
		t.Fatalf("run is\n%s\nwant\n%s", text(row), text(want))
	}
}

func compareDetail(t *testing.T, row object, run RunTruth, jobs map[string]JobTruth, steps map[string]StepTruth) {
	t.Helper()
	if row["id"] != run.ID || row["status"] != run.Status || row["start_time"] != ms(run.Start) || row["end_time"] != ms(run.End) {
		t.Fatalf("detail of run %s: %v %v..%v, want %s %s..%s", run.ID, row["status"], row["start_time"], row["end_time"], run.Status, run.Start, run.End)
	}
	for i, value := range row["stages"].([]any) {
		stage, want := value.(object), run.Stages[i]
		if stage["id"] != want.ID || stage["name"] != want.Name || stage["status"] != want.Status || stage["start_time"] != ms(want.Start) || stage["end_time"] != ms(want.End) {
			t.Fatalf("stage %d of run %s is %v, want %+v", i, run.ID, stage, want)
		}
		for _, value := range stage["jobs"].([]any) {
			job := value.(object)
			w, ok := jobs[job["id"].(string)]
			delete(jobs, w.ID)
			if !ok || w.RunID != run.ID || w.Attempt != want.Attempt || job["name"] != w.Name || job["status"] != w.Status || job["start_time"] != ms(w.Start) || job["end_time"] != ms(w.End) {
				t.Fatalf("job is %v, want %+v", job, w)
			}
			for _, value := range job["steps"].([]any) {
				step := value.(object)
				w, ok := steps[step["id"].(string)]
				delete(steps, w.ID)
				if !ok || step["task"] != w.Task || step["status"] != w.Status || step["start_time"] != ms(w.Start) || step["end_time"] != ms(w.End) {
					t.Fatalf("step is %v, want %+v", step, w)
				}
			}
		}
	}
}

// ms is a time as a decoded JSON number of milliseconds; null when zero.
func ms(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return float64(t.UnixMilli())
}

// local is a stage time at +08:00; null when zero.
func local(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.Add(8 * time.Hour).Format("2006-01-02 15:04:05")
}

func null(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func text(v any) string {
	data, _ := json.MarshalIndent(v, "", " ")
	return string(data)
}
