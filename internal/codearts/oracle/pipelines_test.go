package oracle

import (
	"strconv"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/services/codeartspipeline/v2/model"
)

// china is the zone of the simulator's zone-less times.
var china = time.FixedZone("", 8*3600)

// summary is a run as 4.2.2, 4.2.4 and 4.2.7 have to show it.
func summary(r codeartstest.RunTruth) object {
	stages := []any{}
	for _, s := range r.Stages {
		stage := object{"name": s.Name, "sequence": float64(s.Sequence), "status": s.Status}
		for key, at := range map[string]time.Time{"start_time": s.Start, "end_time": s.End} {
			if !at.IsZero() {
				stage[key] = at.In(china).Format("2006-01-02 15:04:05")
			}
		}
		stages = append(stages, stage)
	}
	return object{
		"pipeline_id": r.PipelineID, "pipeline_run_id": r.ID, "executor_id": r.ExecutorID, "executor_name": r.ExecutorName, "status": r.Status,
		"run_number": r.Number, "trigger_type": r.Trigger, "start_time": r.Start, "end_time": r.End, "stage_status_list": stages,
	}
}

func (w *tenant) run(row object, r codeartstest.RunTruth) {
	w.Helper()
	w.equal("run "+r.ID, row, summary(r))
	params, _ := row["build_params"].(object)
	if r.Change.RepositoryID == 0 {
		if params != nil {
			w.Errorf("run %s has the build_params %v", r.ID, params)
		}
		return
	}
	c := r.Change
	w.equal("build_params of "+r.ID, params, object{
		"action": orNil(c.Action), "build_type": c.BuildType, "commit_id": c.CommitID, "event_type": r.Trigger, "merge_id": orNil(c.MergeID),
		"message": c.Message, "source_branch": orNil(c.SourceBranch), "tag": orNil(c.Tag), "target_branch": c.TargetBranch,
		"codehub_id": strconv.FormatInt(c.RepositoryID, 10),
	})
}

// TestPipelines: 4.2.4 in pages, 4.2.2, 4.2.7 in pages, and 4.2.3 of every run.
func TestPipelines(t *testing.T) {
	w := newTenant(t)
	runs, jobs, steps := map[string]codeartstest.RunTruth{}, map[string]codeartstest.JobTruth{}, map[string]codeartstest.StepTruth{}
	for _, r := range w.truth.Runs {
		runs[r.ID] = r
	}
	for _, j := range w.truth.Jobs {
		jobs[j.ID] = j
	}
	for _, s := range w.truth.Steps {
		steps[s.ID] = s
	}
	details := 0
	for _, project := range w.truth.Projects {
		var own []codeartstest.PipelineTruth
		var asked []string
		for _, p := range w.truth.Pipelines {
			if p.ProjectID == project.ID {
				own, asked = append(own, p), append(asked, p.ID)
			}
		}
		rows := w.byKey(w.walk("4.2.4", len(own), 3, func(offset, limit int) (any, int) {
			answer, err := w.pipeline.ListPipelines(&model.ListPipelinesRequest{ProjectId: project.ID, Body: &model.ListPipelineQuery{
				ProjectId: &project.ID, Offset: to(int64(offset)), Limit: to(int64(limit)), SortKey: to("create_time"), SortDir: to("asc"),
			}})
			return must(w, answer, err).Pipelines, int(*answer.Total)
		}), "pipeline_id")
		answer, err := w.pipeline.BatchShowPipelinesLatestStatus(&model.BatchShowPipelinesLatestStatusRequest{ProjectId: project.ID, Body: &asked})
		latest := w.byKey(again[[]object](w, must(w, answer, err).Body), "pipeline_id")
		ran := 0
		for _, p := range own {
			w.equal(p.Name, rows[p.ID], object{"name": p.Name, "project_id": p.ProjectID, "is_publish": p.IsPublish, "create_time": p.Created, "manifest_version": "3.0"})
			if p.LatestRunID != "" {
				ran++
				shown, _ := rows[p.ID]["latest_run"].(object)
				w.run(shown, runs[p.LatestRunID])
				w.run(latest[p.ID], runs[p.LatestRunID])
			}
			history := w.walk("4.2.7", p.Kept, 20, func(offset, limit int) (any, int) {
				answer, err := w.pipeline.ListPipelineRuns(&model.ListPipelineRunsRequest{ProjectId: project.ID, PipelineId: p.ID, Body: &model.ListPipelineRunsQuery{
					Offset: to(int64(offset)), Limit: to(int64(limit)), SortKey: to("start_time"), SortDir: to("asc"),
				}})
				return must(w, answer, err).PipelineRuns, int(*answer.Total)
			})
			for id, row := range w.byKey(history, "pipeline_run_id") {
				w.run(row, runs[id])
				w.detail(runs[id], p, jobs, steps)
				details++
			}
		}
		if len(latest) != ran {
			t.Errorf("4.2.2 shows %d pipelines, %d have run", len(latest), ran)
		}
	}
	if details < 50 {
		t.Errorf("only %d details were compared", details)
	}
}

// detail compares 4.2.3 of a run, down to its steps.
func (w *tenant) detail(r codeartstest.RunTruth, p codeartstest.PipelineTruth, jobs map[string]codeartstest.JobTruth, steps map[string]codeartstest.StepTruth) {
	w.Helper()
	answer, err := w.pipeline.ShowPipelineRunDetail(&model.ShowPipelineRunDetailRequest{ProjectId: p.ProjectID, PipelineId: p.ID, PipelineRunId: &r.ID})
	row := again[object](w, must(w, answer, err))
	w.equal("detail of "+r.ID, row, object{
		"id": r.ID, "pipeline_id": p.ID, "name": p.Name, "status": r.Status, "run_number": r.Number, "trigger_type": r.Trigger, "start_time": r.Start,
		"end_time": r.End, "project_id": p.ProjectID, "domain_id": w.truth.TenantID, "executor_id": r.ExecutorID, "is_publish": p.IsPublish,
	})
	stages, _ := row["stages"].([]any)
	if len(stages) != len(r.Stages) {
		w.Errorf("run %s has %d stages, the truth %d", r.ID, len(stages), len(r.Stages))
		return
	}
	for i, s := range r.Stages {
		stage := stages[i].(object)
		w.equal("stage of "+r.ID, stage, object{"id": s.ID, "name": s.Name, "sequence": s.Sequence, "status": s.Status, "start_time": s.Start, "end_time": s.End})
		list, _ := stage["jobs"].([]any)
		for _, v := range list {
			job := v.(object)
			j := jobs[job["id"].(string)]
			w.equal("job of "+r.ID, job, object{"name": j.Name, "sequence": j.Sequence, "status": j.Status, "start_time": j.Start, "end_time": j.End})
			inner, _ := job["steps"].([]any)
			for _, v := range inner {
				step := v.(object)
				s := steps[step["id"].(string)]
				w.equal("step of "+r.ID, step, object{
					"name": orNil(s.Name), "task": s.Task, "business_type": orNil(s.BusinessType), "status": s.Status, "start_time": s.Start, "end_time": s.End,
				})
			}
		}
	}
}

// flat lists the nodes of a tree.
func flat(nodes []any) (all []object) {
	for _, v := range nodes {
		node := v.(object)
		children, _ := node["children"].([]any)
		all = append(append(all, node), flat(children)...)
	}
	return all
}

// TestPipelineGroups: 4.3.4. The SDK knows the spelling `updater` only.
func TestPipelineGroups(t *testing.T) {
	w := newTenant(t)
	compared := 0
	for _, project := range w.truth.Projects {
		answer, err := w.pipeline.ShowPipelineGroupTree(&model.ShowPipelineGroupTreeRequest{ProjectId: project.ID})
		rows := w.byKey(flat(again[[]any](w, must(w, answer, err).Body)), "id")
		for _, g := range w.truth.PipelineGroups {
			if g.ProjectID != project.ID {
				continue
			}
			compared++
			want := object{
				"name": g.Name, "parent_id": g.ParentID, "path_id": g.PathID, "ordinal": g.Ordinal, "creator": g.Creator.ID, "create_time": g.Created,
				"update_time": g.Updated, "domain_id": w.truth.TenantID, "project_id": g.ProjectID, "updater": orNil(g.Updater.ID),
			}
			if g.Ordinal%2 == 0 { // the simulator spells it `update` there
				want["updater"] = nil
			}
			w.equal("group "+g.Name, rows[g.ID], want)
			delete(rows, g.ID)
		}
		if len(rows) != 0 {
			t.Errorf("groups that the truth does not have: %v", rows)
		}
	}
	if compared != len(w.truth.PipelineGroups) || compared == 0 {
		t.Errorf("%d groups of %d were compared", compared, len(w.truth.PipelineGroups))
	}
}
