package e2e

import (
	"fmt"

	"artery/internal/codearts/codeartstest"
)

// finished are the runs whose detail must be stored as of now. The detail of a run that goes on again after a retry is
// still that of its last end.
func (c *comparison) finished() []codeartstest.RunTruth {
	var rows []codeartstest.RunTruth
	for _, r := range c.now.Runs {
		if c.terminal[r.ID] {
			rows = append(rows, r)
		}
	}
	return rows
}

// reopened says whether a run is known and is not over, or has expired: its detail is of an earlier time.
func (c *comparison) reopened(id string) bool {
	over, known := c.terminal[id]
	return known && !over
}

type detail struct {
	ID       string `ch:"run_id"`
	Project  string `ch:"project_id"`
	Pipeline string `ch:"pipeline_id"`
	Name     string `ch:"name"`
	Publish  bool   `ch:"is_publish"`
	Executor string `ch:"executor_name"`
	Status   string `ch:"status"`
	Trigger  string `ch:"trigger_type"`
	Number   int64  `ch:"number"`
	Start    int64  `ch:"started_at"`
	End      int64  `ch:"ended_at"`
	Domain   string `ch:"domain_id"`
	Group    string `ch:"group_id"`
	Codehub  string `ch:"codehub"`
	Commit   string `ch:"commit"`
}

func (c *comparison) runDetails() {
	pipelines := map[string]codeartstest.PipelineTruth{}
	for _, p := range c.now.Pipelines {
		pipelines[p.ID] = p
	}
	want := func() (rows []detail) {
		for _, r := range c.finished() {
			p := pipelines[r.PipelineID]
			row := detail{
				ID: r.ID, Project: r.ProjectID, Pipeline: r.PipelineID, Name: p.Name, Publish: p.IsPublish, Executor: r.ExecutorName, Status: r.Status,
				Trigger: r.Trigger, Number: int64(r.Number), Start: ms(r.Start), End: ms(r.End), Domain: c.now.TenantID, Group: p.GroupID, Commit: r.Change.CommitID,
			}
			if r.Change.RepositoryID != 0 {
				row.Codehub = fmt.Sprint(r.Change.RepositoryID)
			}
			rows = append(rows, row)
		}
		return rows
	}
	table(c, "run_details", `SELECT run_id, project_id, pipeline_id, name, is_publish, executor_name, status, trigger_type,
		toInt64(ifNull(run_number, 0)) AS number, `+millis("started_at")+`, `+millis("ended_at")+`, domain_id, group_id,
		JSONExtractString(sources, 1, 'params', 'codehub_id') AS codehub, JSONExtractString(sources, 1, 'params', 'build_params', 'commit_id') AS commit
		FROM run_details FINAL`, func(r detail) string { return r.ID }, want, func(r detail) bool { return c.reopened(r.ID) })
}

type stage struct {
	Run      string `ch:"run_id"`
	Project  string `ch:"project_id"`
	Pipeline string `ch:"pipeline_id"`
	ID       string `ch:"stage_id"`
	Position int64  `ch:"place"`
	Name     string `ch:"name"`
	Sequence int64  `ch:"ordinal"`
	Status   string `ch:"status"`
	Start    int64  `ch:"started_at"`
	End      int64  `ch:"ended_at"`
}

func (c *comparison) stages() {
	want := func() (rows []stage) {
		for _, r := range c.finished() {
			for _, s := range r.Stages {
				rows = append(rows, stage{
					Run: r.ID, Project: r.ProjectID, Pipeline: r.PipelineID, ID: s.ID, Position: int64(s.Position), Name: s.Name, Sequence: int64(s.Sequence),
					Status: s.Status, Start: ms(s.Start), End: ms(s.End),
				})
			}
		}
		return rows
	}
	table(c, "stages", `SELECT run_id, project_id, pipeline_id, stage_id, toInt64(position) AS place, name, toInt64(sequence) AS ordinal,
		status, `+millis("started_at")+`, `+millis("ended_at")+` FROM stages FINAL`,
		func(s stage) string { return fmt.Sprintf("%s/%d", s.Run, s.Position) }, want, func(s stage) bool { return c.reopened(s.Run) })
}

type job struct {
	ID       string `ch:"job_id"`
	Run      string `ch:"run_id"`
	Stage    string `ch:"stage_id"`
	Place    int64  `ch:"place"`
	Position int64  `ch:"number"`
	Sequence int64  `ch:"ordinal"`
	Name     string `ch:"name"`
	Status   string `ch:"status"`
	Start    int64  `ch:"started_at"`
	End      int64  `ch:"ended_at"`
}

// jobs compares the jobs of finished runs. An extra row must be a job of an attempt that has been superseded, or of a run
// that goes on again; its state then is of an earlier time.
func (c *comparison) jobs() {
	past := map[string]string{}
	for _, j := range c.now.Jobs {
		if j.Superseded || !c.terminal[j.RunID] {
			past[j.ID] = j.RunID + j.StageID + j.Name
		}
	}
	want := func() (rows []job) {
		for _, j := range c.now.Jobs {
			if j.Superseded || !c.terminal[j.RunID] {
				continue
			}
			rows = append(rows, job{
				ID: j.ID, Run: j.RunID, Stage: j.StageID, Place: int64(j.Position), Position: int64(j.Sequence), Sequence: int64(j.Sequence), Name: j.Name,
				Status: j.Status, Start: ms(j.Start), End: ms(j.End),
			})
		}
		return rows
	}
	table(c, "jobs", `SELECT job_id, run_id, stage_id, toInt64(stage_position) AS place, toInt64(position) AS number, toInt64(sequence) AS ordinal,
		name, status, `+millis("started_at")+`, `+millis("ended_at")+` FROM jobs FINAL`,
		func(j job) string { return j.ID }, want, func(j job) bool { return past[j.ID] == j.Run+j.Stage+j.Name })
}

type step struct {
	ID       string `ch:"step_id"`
	Job      string `ch:"job_id"`
	Run      string `ch:"run_id"`
	Sequence int64  `ch:"ordinal"`
	Name     string `ch:"name"`
	Task     string `ch:"task"`
	Business string `ch:"business_type"`
	Status   string `ch:"status"`
	Start    int64  `ch:"started_at"`
	End      int64  `ch:"ended_at"`
}

func (c *comparison) steps() {
	past := map[string]string{}
	for _, s := range c.now.Steps {
		if s.Superseded || !c.terminal[s.RunID] {
			past[s.ID] = s.RunID + s.JobID + s.Name
		}
	}
	want := func() (rows []step) {
		for _, s := range c.now.Steps {
			if s.Superseded || !c.terminal[s.RunID] {
				continue
			}
			rows = append(rows, step{
				ID: s.ID, Job: s.JobID, Run: s.RunID, Sequence: int64(s.Sequence), Name: s.Name, Task: s.Task, Business: s.BusinessType,
				Status: s.Status, Start: ms(s.Start), End: ms(s.End),
			})
		}
		return rows
	}
	table(c, "steps", `SELECT step_id, job_id, run_id, toInt64(sequence) AS ordinal, name, task, business_type, status,
		`+millis("started_at")+`, `+millis("ended_at")+` FROM steps FINAL WHERE phase = 'job'`,
		func(s step) string { return s.ID }, want, func(s step) bool { return past[s.ID] == s.Run+s.Job+s.Name })
}

type trigger struct {
	Run    string `ch:"run_id"`
	Stage  string `ch:"stage_id"`
	Task   string `ch:"task"`
	Status string `ch:"status"`
	Start  int64  `ch:"started_at"`
	End    int64  `ch:"ended_at"`
}

// triggers compares the steps outside of jobs: the simulated site shows one before the first stage of every run, at the
// time of the stage's start.
func (c *comparison) triggers() {
	past := map[string]bool{}
	for _, a := range c.now.Attempts {
		if a.Position == 0 && (a.Superseded || !c.terminal[a.RunID]) {
			past[fmt.Sprint(a.RunID, ms(a.Start))] = true
		}
	}
	want := func() (rows []trigger) {
		for _, r := range c.finished() {
			if s := r.Stages[0]; !s.Start.IsZero() {
				rows = append(rows, trigger{Run: r.ID, Stage: s.ID, Task: "official_devcloud_autoTrigger", Status: "COMPLETED", Start: ms(s.Start), End: ms(s.Start)})
			}
		}
		return rows
	}
	table(c, "steps outside of jobs", `SELECT run_id, stage_id, task, status, `+millis("started_at")+`, `+millis("ended_at")+`
		FROM steps FINAL WHERE phase != 'job'`, func(s trigger) string { return fmt.Sprint(s.Run, s.Start) }, want,
		func(s trigger) bool { return past[fmt.Sprint(s.Run, s.Start)] })
}
