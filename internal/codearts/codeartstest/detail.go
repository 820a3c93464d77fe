package codeartstest

import (
	"net/http"
	"strconv"
	"time"
)

// detailRow is the answer of Pipeline API 4.2.3.
type detailRow struct {
	ID           string        `json:"id"`
	PipelineID   string        `json:"pipeline_id"`
	Manifest     string        `json:"manifest_version"`
	Name         string        `json:"name"`
	Description  *string       `json:"description"`
	IsPublish    bool          `json:"is_publish"`
	ExecutorID   string        `json:"executor_id"`
	ExecutorName string        `json:"executor_name"`
	Status       string        `json:"status"`
	Trigger      string        `json:"trigger_type"`
	Number       int           `json:"run_number"`
	StartTime    int64         `json:"start_time"`
	EndTime      *int64        `json:"end_time"`
	Stages       []stageDetail `json:"stages"`
	DomainID     string        `json:"domain_id"`
	ProjectID    string        `json:"project_id"`
	Region       string        `json:"region"`
	ComponentID  string        `json:"component_id"`
	Language     string        `json:"language"`
	Sources      []sourceRow   `json:"sources"`
	Artifacts    []artifactRow `json:"artifacts"`
	SubjectID    string        `json:"subject_id"`
	GroupID      string        `json:"group_id,omitempty"` // of the pipeline; the table has these two, the example does not
	GroupName    string        `json:"group_name,omitempty"`
}

// stageDetail is a StageRun; its times are milliseconds, unlike those of stage_status_list.
type stageDetail struct {
	ID         string       `json:"id"`
	Category   *string      `json:"category"`
	Name       string       `json:"name"`
	Identifier string       `json:"identifier"`
	RunAlways  bool         `json:"run_always"`
	Parallel   *string      `json:"parallel"`
	IsSelect   bool         `json:"is_select"`
	Sequence   int          `json:"sequence"`
	DependsOn  []string     `json:"depends_on"`
	Condition  *string      `json:"condition"`
	Status     string       `json:"status"`
	StartTime  *int64       `json:"start_time"`
	EndTime    *int64       `json:"end_time"`
	Pre        []stepDetail `json:"pre"`
	Post       []stepDetail `json:"post"`
	Jobs       []jobDetail  `json:"jobs"`
}

// jobDetail is a JobRun.
type jobDetail struct {
	ID           string       `json:"id"`
	Category     *string      `json:"category"`
	Sequence     int          `json:"sequence"`
	Async        *string      `json:"async"`
	Name         string       `json:"name"`
	Identifier   string       `json:"identifier"`
	DependsOn    []string     `json:"depends_on"`
	Condition    *string      `json:"condition"`
	Resource     *string      `json:"resource"`
	IsSelect     bool         `json:"is_select"`
	Timeout      string       `json:"timeout"`
	LastDispatch *string      `json:"last_dispatch_id"`
	Status       string       `json:"status"`
	Message      *string      `json:"message"`
	StartTime    *int64       `json:"start_time"`
	EndTime      *int64       `json:"end_time"`
	Steps        []stepDetail `json:"steps"`
}

// stepDetail is a StepRun.
type stepDetail struct {
	Name         *string    `json:"name"`
	Task         string     `json:"task"`
	BusinessType *string    `json:"business_type"`
	Inputs       []inputRow `json:"inputs"`
	Sequence     int        `json:"sequence"`
	TaskVersion  *string    `json:"official_task_version"`
	Identifier   *string    `json:"identifier"`
	MultiStep    int        `json:"multi_step_editable"`
	ID           string     `json:"id"`
	EndpointIDs  *string    `json:"endpoint_ids"`
	LastDispatch *string    `json:"last_dispatch_id"`
	Status       string     `json:"status"`
	Message      *string    `json:"message"`
	StartTime    *int64     `json:"start_time"`
	EndTime      *int64     `json:"end_time"`
}

// inputRow is an input of a step.
type inputRow struct {
	Key   string `json:"key"`
	Value any    `json:"value"`
}

// sourceRow is a RunPipelineSource.
type sourceRow struct {
	Type   string       `json:"type"`
	Params sourceParams `json:"params"`
}

type sourceParams struct {
	GitType       string    `json:"git_type"`
	GitURL        string    `json:"git_url"`
	SSHURL        string    `json:"ssh_git_url"`
	WebURL        string    `json:"web_url"`
	RepoName      string    `json:"repo_name"`
	DefaultBranch string    `json:"default_branch"`
	EndpointID    string    `json:"endpoint_id"`
	CodehubID     string    `json:"codehub_id"`
	Alias         string    `json:"alias"`
	BuildParams   *buildRow `json:"build_params"`
}

// artifactRow is a PackageInfo, which alone is in camel case. No generated run has one.
type artifactRow struct {
	Name        string `json:"name"`
	PackageType string `json:"packageType"`
	Version     string `json:"version"`
	DownloadURL string `json:"downloadUrl"`
}

// runDetail answers Pipeline API 4.2.3; without pipeline_run_id it shows the latest run.
func (t *Tenant) runDetail(r *request) response {
	p, refused := t.pipeline(r)
	if refused != nil {
		return *refused
	}
	run := p.latest(r.now)
	if id := r.query.Get("pipeline_run_id"); id != "" {
		run = p.byRun[id]
	}
	if run == nil || run.Start.After(r.now) || run.Start.Before(r.now.Add(-Retention)) {
		return failure(http.StatusOK, "DEVCP.00012002", "The related record does not exist in the database.")
	}
	state := run.stateAt(r.now, len(p.Stages))
	row := detailRow{
		ID: run.ID, PipelineID: p.ID, Manifest: "3.0", Name: p.Name, IsPublish: p.IsPublish, ExecutorID: run.Executor.ID, ExecutorName: run.Executor.Name,
		Status: state.status, Trigger: run.Trigger, Number: run.Number, StartTime: run.Start.UnixMilli(), EndTime: millis(state.end),
		Stages: []stageDetail{}, DomainID: t.world.tenant, ProjectID: p.project.id, Region: t.options.Region, Language: "zh-cn",
		Sources: []sourceRow{}, SubjectID: run.ID,
	}
	if g := p.group(); g != nil {
		row.GroupID, row.GroupName = g.spec.ID, g.stateAt(r.now).Name
	}
	for i, stage := range state.stages {
		row.Stages = append(row.Stages, t.stageDetail(p, run, i, stage, r.now))
	}
	if repo := t.world.findRepository(run.Change.RepositoryID); repo != nil {
		row.Sources = append(row.Sources, sourceRow{Type: "code", Params: sourceParams{
			GitType: "codehub", GitURL: "https://codehub.example.com/" + repo.path(), SSHURL: "git@codehub.example.com:" + repo.path(),
			RepoName: repo.Name, DefaultBranch: "main", CodehubID: strconv.FormatInt(repo.ID, 10), BuildParams: t.buildRow(run, false),
		}})
	}
	return answer(http.StatusOK, row)
}

func (t *Tenant) stageDetail(p *pipeline, run *Run, position int, stage stageState, now time.Time) stageDetail {
	row := stageDetail{
		ID: t.world.stageID(run, position), Name: p.Stages[position].Name, Identifier: strconv.Itoa(position), IsSelect: true,
		Sequence: p.Stages[position].Sequence, DependsOn: []string{}, Status: stage.status, StartTime: millis(stage.start), EndTime: millis(stage.end),
		Pre: []stepDetail{}, Post: []stepDetail{}, Jobs: []jobDetail{},
	}
	if position == 0 { // the automatic trigger, as in the printed example; it takes no time
		pre := stepDetail{
			Task: "official_devcloud_autoTrigger", ID: t.world.id("pre", run.ID, stage.attempt), Status: StatusInit,
			LastDispatch: orNull(t.world.id("predispatch", run.ID, stage.attempt)),
		}
		if stage.exec != nil {
			pre.Status, pre.StartTime, pre.EndTime = StatusCompleted, millis(stage.start), millis(stage.start)
		}
		row.Pre = append(row.Pre, pre)
	}
	for i, job := range t.world.jobsOf(p, run, position, stage.attempt, stage.exec) {
		row.Jobs = append(row.Jobs, t.jobDetail(p, job, position, i, now))
	}
	return row
}

func (t *Tenant) jobDetail(p *pipeline, job jobPlan, position, index int, now time.Time) jobDetail {
	status, start, end := job.at(now)
	row := jobDetail{
		ID: job.id, Sequence: index, Name: job.spec.Name, Identifier: t.world.jobIdentifier(p, position, index), DependsOn: []string{},
		IsSelect: true, Status: status, StartTime: millis(start), EndTime: millis(end), Steps: []stepDetail{},
	}
	switch {
	case len(job.steps) == 0 && status != StatusInit:
		row.Message = orNull("not found steps")
	case status == StatusFailed:
		row.Message = orNull("the task failed, see the log of its last step")
	}
	for i, step := range job.steps {
		status, start, end := step.at(now)
		s := stepDetail{
			Name: orNull(step.spec.Name), Task: step.spec.Task, BusinessType: orNull(step.spec.BusinessType), Sequence: i,
			Identifier: orNull(t.world.id("step", p.ID, position, index, i)), MultiStep: 0, ID: step.id, Status: status,
			TaskVersion: orNull("0.0.1"), StartTime: millis(start), EndTime: millis(end),
		}
		if status != StatusInit {
			s.LastDispatch = orNull(t.world.id("dispatch", step.id))
		}
		for _, input := range step.spec.Inputs {
			s.Inputs = append(s.Inputs, inputRow{input[0], input[1]})
		}
		row.Steps = append(row.Steps, s)
	}
	return row
}

// jobIdentifier is the creation time of the job followed by a UUID, as the printed example has it; it belongs to the pipeline.
func (w *World) jobIdentifier(p *pipeline, position, index int) string {
	id := w.id("job", p.ID, position, index)
	return strconv.FormatInt(p.Created.UnixMilli(), 10) + id[:8] + "-" + id[8:12] + "-4" + id[13:16] + "-a" + id[17:20] + "-" + id[20:]
}
