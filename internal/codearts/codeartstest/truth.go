package codeartstest

import (
	"slices"
	"time"
)

// Truth is everything that is true of the tenant at a time. Times are UTC; the zero time is
// null. Runs that CodeArts no longer keeps are in it too, marked as expired.
type Truth struct {
	At             time.Time
	Seed           uint64 // of the world
	Offset         int    // of the site's zone, seconds east of UTC
	TenantID       string
	TenantName     string
	Projects       []ProjectTruth
	Pipelines      []PipelineTruth
	Runs           []RunTruth
	Attempts       []AttemptTruth
	Jobs           []JobTruth
	Steps          []StepTruth
	Repositories   []RepositoryTruth
	Gates          []GateTruth
	BuildTenants   []BuildTenant
	PipelineGroups []GroupTruth
	BuildGroups    []GroupTruth

	Rules              []PolicyTruth[Rule]
	RuleSets           []RuleSetTruth // of the tenant and of the projects
	OpenSourcePolicies []PolicyTruth[OpenSourcePolicy]
	Templates          []PolicyTruth[Template]

	Publishers   []PolicyTruth[Publisher]
	Plugins      []PluginTruth
	StagePlugins []StagePluginTruth // of Pipeline API 4.9.14, then of 4.9.16
}

// ProjectTruth is a CodeArts project.
type ProjectTruth struct {
	ID, Name         string
	Number           int // project_num_id
	Type             string
	Description      string
	Creator          User
	Created, Updated time.Time
	Names            []NameTruth // the one it was created with, and every rename so far
	Member           bool        // the IAM user is a member
}

// NameTruth is a name that something has had from a time on.
type NameTruth struct {
	At   time.Time
	Name string
}

// PipelineTruth is a pipeline that exists.
type PipelineTruth struct {
	ID, ProjectID, Name string
	IsPublish           bool
	Created             time.Time
	GroupID             string
	LatestRunID         string // "" if it never ran
	Runs                int    // that have started, expired ones included
	Kept                int    // that Pipeline API 4.2.7 lists
}

// RunTruth is a run that has started, with the stages that the API shows.
type RunTruth struct {
	ID, PipelineID, ProjectID string
	Number                    int
	Status                    string
	Trigger                   string
	ExecutorID, ExecutorName  string
	Change                    Change
	Start, End                time.Time // End is zero while the run is not over
	Tries                     int       // 1 + number of retries that have begun
	Expired                   bool      // started longer ago than Retention
	Stages                    []StageTruth
}

// StageTruth is a stage as the API shows it: its latest attempt, or INIT.
type StageTruth struct {
	ID         string
	Position   int
	Name       string
	Sequence   int
	Attempt    int // for INIT the number that the stage will get
	Status     string
	Start, End time.Time
}

// AttemptTruth is one execution of a stage that has begun, superseded ones included.
type AttemptTruth struct {
	RunID, PipelineID, ProjectID string
	StageID                      string // the same for all attempts
	Position                     int
	Name                         string
	Sequence                     int
	Attempt                      int // from 1
	Status                       string
	Start, End                   time.Time // End is zero while it goes on
	Superseded                   bool      // a later attempt has taken its place in the API
}

// JobTruth is a job of a stage attempt, or of a stage that shows INIT.
type JobTruth struct {
	ID, RunID, StageID string
	Position, Attempt  int
	Sequence           int
	Name               string
	Status             string
	Start, End         time.Time
	Superseded         bool
}

// StepTruth is a step of a job.
type StepTruth struct {
	ID, JobID, RunID string
	Sequence         int
	Name, Task       string
	BusinessType     string
	Status           string
	Start, End       time.Time
	Superseded       bool
}

// RepositoryTruth is a repository that exists, with the sizes it has had.
type RepositoryTruth struct {
	ID                           int64
	Name, ProjectID, ProjectName string
	Owner                        string
	Members, Status              int
	Created                      time.Time
	SizeMB                       float64
	Sizes                        []SizeTruth
}

// SizeTruth is a size that a repository has had from a time on.
type SizeTruth struct {
	At time.Time
	MB float64
}

// GateTruth is the gate of the tenant (ProjectID "") or of a project.
type GateTruth struct {
	ProjectID string
	Items     []GateItem
	Changes   []GateChange
}

// GateChange is a configuration that a gate has had from a time on; the first one, from the zero time on.
type GateChange struct {
	At    time.Time
	Items []GateItem
}

// GroupTruth is a group that exists in a tree.
type GroupTruth struct {
	ID, ProjectID, Name string
	ParentID            string   // "" at the root
	PathID              string   // ids from the root, joined by dots
	Path                []string // their names
	Ordinal             int
	Creator             User
	Updater             User // the zero value if nobody changed it
	Created, Updated    time.Time
	Moves               []MoveTruth // to another parent, of its own: those of its parents are theirs
}

// MoveTruth is one move of a group to another parent ("" is the root).
type MoveTruth struct {
	At       time.Time
	By       User
	From, To string
}

// Truth tells what is true at a time, which may be past or future.
func (t *Tenant) Truth(at time.Time) Truth {
	_, offset := at.In(t.options.Zone).Zone()
	truth := Truth{At: at.UTC(), Seed: t.options.Seed, Offset: offset, TenantID: t.world.tenant, TenantName: t.options.Domain}
	t.world.view(at, func() { t.world.tell(&truth, at) })
	return truth
}

func (w *World) tell(truth *Truth, at time.Time) {
	truth.Gates = append(truth.Gates, gateTruth("", w.tenantGate, at))
	for _, p := range w.projects {
		if !p.existsAt(at) {
			continue
		}
		truth.Projects = append(truth.Projects, p.truth(at))
		truth.Gates = append(truth.Gates, gateTruth(p.id, p.gate, at))
		truth.PipelineGroups = append(truth.PipelineGroups, groupTruths(p.groups, nil, at)...)
		truth.BuildGroups = append(truth.BuildGroups, groupTruths(p.buildGroups, nil, at)...)
	}
	for _, p := range w.pipelines {
		if !p.existsAt(at) || !p.project.existsAt(at) {
			continue
		}
		row := PipelineTruth{
			ID: p.ID, ProjectID: p.project.id, Name: p.Name, IsPublish: p.IsPublish, Created: p.Created, GroupID: p.GroupID,
			Runs: len(p.started(at)), Kept: len(p.kept(at)),
		}
		if latest := p.latest(at); latest != nil {
			row.LatestRunID = latest.ID
		}
		truth.Pipelines = append(truth.Pipelines, row)
		for _, run := range p.started(at) {
			w.tellRun(truth, p, run, at)
		}
	}
	for _, r := range w.repositories {
		if r.existsAt(at) && r.project.existsAt(at) {
			truth.Repositories = append(truth.Repositories, r.truth(at))
		}
	}
	for _, b := range w.buildTenants {
		if row, ok := b.life.at(at); ok {
			truth.BuildTenants = append(truth.BuildTenants, row)
		}
	}
	w.tellPolicies(truth, at)
	w.tellExtensions(truth, at)
}

// tellRun adds a run, every attempt of its stages, and the jobs and steps in them.
func (w *World) tellRun(truth *Truth, p *pipeline, run *Run, at time.Time) {
	state := run.stateAt(at, len(p.Stages))
	row := RunTruth{
		ID: run.ID, PipelineID: p.ID, ProjectID: p.project.id, Number: run.Number, Status: state.status, Trigger: run.Trigger,
		ExecutorID: run.Executor.ID, ExecutorName: run.Executor.Name, Change: run.Change, Start: run.Start, End: state.end,
		Tries: 1, Expired: run.Start.Before(at.Add(-Retention)),
	}
	for i, stage := range state.stages {
		row.Stages = append(row.Stages, StageTruth{
			ID: w.stageID(run, i), Position: i, Name: p.Stages[i].Name, Sequence: p.Stages[i].Sequence, Attempt: stage.attempt,
			Status: stage.status, Start: stage.start, End: stage.end,
		})
		row.Tries = max(row.Tries, stage.attempt)
		if stage.exec == nil {
			w.tellJobs(truth, p, run, i, stage.attempt, nil, at, false)
		}
	}
	truth.Runs = append(truth.Runs, row)
	for i := range run.Stages {
		a := &run.Stages[i]
		if a.Start.After(at) {
			break
		}
		number, superseded := run.attemptNumber(i), state.stages[a.Position].exec != a
		truth.Attempts = append(truth.Attempts, AttemptTruth{
			RunID: run.ID, PipelineID: p.ID, ProjectID: p.project.id, StageID: w.stageID(run, a.Position), Position: a.Position,
			Name: p.Stages[a.Position].Name, Sequence: p.Stages[a.Position].Sequence, Attempt: number,
			Status: a.statusAt(at), Start: a.Start, End: a.endAt(at), Superseded: superseded,
		})
		w.tellJobs(truth, p, run, a.Position, number, a, at, superseded)
	}
}

func (w *World) tellJobs(truth *Truth, p *pipeline, run *Run, position, attempt int, exec *StageAttempt, at time.Time, superseded bool) {
	for i, job := range w.jobsOf(p, run, position, attempt, exec) {
		status, start, end := job.at(at)
		truth.Jobs = append(truth.Jobs, JobTruth{
			ID: job.id, RunID: run.ID, StageID: w.stageID(run, position), Position: position, Attempt: attempt, Sequence: i, Name: job.spec.Name,
			Status: status, Start: start, End: end, Superseded: superseded,
		})
		for j, step := range job.steps {
			status, start, end := step.at(at)
			truth.Steps = append(truth.Steps, StepTruth{
				ID: step.id, JobID: job.id, RunID: run.ID, Sequence: j, Name: step.spec.Name, Task: step.spec.Task,
				BusinessType: step.spec.BusinessType, Status: status, Start: start, End: end, Superseded: superseded,
			})
		}
	}
}

func (r *repository) truth(at time.Time) RepositoryTruth {
	row := RepositoryTruth{
		ID: r.ID, Name: r.Name, ProjectID: r.project.id, ProjectName: r.project.nameAt(at), Owner: r.Owner, Members: r.Members, Status: r.Status,
		Created: r.Created, SizeMB: r.sizeAt(at),
	}
	for _, size := range r.sizes {
		// Two sizes that are equal in the API's two decimal places are one.
		if mb := r.sizeAt(size.at); !size.at.After(at) && (len(row.Sizes) == 0 || row.Sizes[len(row.Sizes)-1].MB != mb) {
			row.Sizes = append(row.Sizes, SizeTruth{size.at, mb})
		}
	}
	return row
}

func gateTruth(project string, gate history[[]GateItem], at time.Time) GateTruth {
	items, _ := gate.at(at)
	row := GateTruth{ProjectID: project, Items: slices.Clone(items)}
	for _, change := range gate {
		if !change.at.After(at) {
			row.Changes = append(row.Changes, GateChange{change.at, slices.Clone(change.value)})
		}
	}
	return row
}

// groupTruths lists a tree below a group (nil is the root), parents before their children.
func groupTruths(groups []*group, parent *GroupTruth, at time.Time) []GroupTruth {
	if parent == nil {
		parent = &GroupTruth{}
	}
	var rows []GroupTruth
	for _, g := range visibleGroups(groups, parent.ID, at) {
		row := GroupTruth{
			ID: g.ID, ProjectID: g.ProjectID, Name: g.Name, ParentID: g.ParentID, PathID: below(parent.PathID, g.ID),
			Path: append(slices.Clone(parent.Path), g.Name), Ordinal: g.Ordinal, Creator: g.Creator, Updater: g.updater, Created: g.Created,
			Updated: g.updated, Moves: findGroup(groups, g.ID).moveTruths(at),
		}
		rows = append(append(rows, row), groupTruths(groups, &row, at)...)
	}
	return rows
}

func (g *group) moveTruths(at time.Time) []MoveTruth {
	var rows []MoveTruth
	from := g.spec.ParentID
	for _, m := range g.moves {
		if !m.at.After(at) && m.value.parentID != from {
			rows = append(rows, MoveTruth{m.at, m.value.by, from, m.value.parentID})
			from = m.value.parentID
		}
	}
	return rows
}
