package codeartstest

import (
	"slices"
	"time"
)

// Statuses of runs, stages, jobs and steps that the simulator uses (Pipeline API 4.2.7 and the lists of the SDK).
const (
	StatusInit      = "INIT"
	StatusRunning   = "RUNNING"
	StatusPaused    = "PAUSED"
	StatusSuspend   = "SUSPEND"
	StatusCompleted = "COMPLETED"
	StatusFailed    = "FAILED"
	StatusCanceled  = "CANCELED"
	StatusIgnored   = "IGNORED"
	StatusSkipped   = "SKIPPED"
)

// User is a person of the tenant.
type User struct{ ID, Name string }

// Change is what a run was started for: the build_params of Pipeline API 4.2.7. Empty strings are sent as null where the
// examples print null. The zero value means build_params null, as for change pipelines.
type Change struct {
	RepositoryID int64 // 0 means no repository
	Action       string
	BuildType    string // branch or tag
	CommitID     string // 40 hex
	MergeID      string
	Message      string
	SourceBranch string
	Tag          string
	TargetBranch string
}

// StageAttempt is one execution of a stage, with its whole life planned. A retry of a run adds attempts with the same
// positions and later starts.
type StageAttempt struct {
	Position    int       // of the stage in the pipeline, from 0
	Start       time.Time // whole seconds
	End         time.Time // zero means never
	Status      string    // the status at End
	PausedFrom  time.Time // zero means never paused
	PausedUntil time.Time // zero with PausedFrom set means for ever
}

// Run is one pipeline run with its whole timeline, past and future.
type Run struct {
	ID         string // 32 hex; "" when adding means derived from pipeline and number
	PipelineID string
	Number     int // from 1; 0 when adding means the next one
	Start      time.Time
	Trigger    string // Manual, Scheduler, MR, Push or CreateTag
	Executor   User   // the zero value when adding means the pipeline's creator
	Change     Change
	Stages     []StageAttempt // in order of Start
}

// stageState is what is visible of one stage at a time.
type stageState struct {
	attempt    int // number of the shown attempt, from 1; for a stage that has not started, the number it will get
	exec       *StageAttempt
	status     string
	start, end time.Time // zero means null
}

// runState is what is visible of a run at a time.
type runState struct {
	status string
	end    time.Time // zero means null: the run is not over
	stages []stageState
}

// statusAt is the status of an attempt that has started at t.
func (a *StageAttempt) statusAt(t time.Time) string {
	switch {
	case !a.End.IsZero() && !t.Before(a.End):
		return a.Status
	case !a.PausedFrom.IsZero() && !t.Before(a.PausedFrom) && (a.PausedUntil.IsZero() || t.Before(a.PausedUntil)):
		return StatusPaused
	}
	return StatusRunning
}

// endAt is the end of the attempt as known at t: zero while it goes on.
func (a *StageAttempt) endAt(t time.Time) time.Time {
	if a.End.IsZero() || t.Before(a.End) {
		return time.Time{}
	}
	return a.End
}

// stateAt tells what a run of a pipeline with n stages shows at t; t is not before the run's start. Only the latest attempt
// of a stage shows, and a stage behind one that was restarted shows INIT until it runs again.
func (r *Run) stateAt(t time.Time, n int) runState {
	state := runState{stages: make([]stageState, n)}
	for i := range state.stages {
		state.stages[i] = stageState{attempt: 1, status: StatusInit}
	}
	for i := range r.Stages {
		attempt := &r.Stages[i]
		if attempt.Start.After(t) {
			break
		}
		stage := &state.stages[attempt.Position]
		number := 1
		if stage.exec != nil {
			number = stage.attempt + 1
		} else if stage.attempt > 1 {
			number = stage.attempt
		}
		*stage = stageState{attempt: number, exec: attempt, status: attempt.statusAt(t), start: attempt.Start, end: attempt.endAt(t)}
		if number == 1 {
			continue
		}
		for j := attempt.Position + 1; j < n; j++ {
			if later := &state.stages[j]; later.exec != nil {
				*later = stageState{attempt: later.attempt + 1, status: StatusInit}
			}
		}
	}
	state.status, state.end = overall(state.stages)
	return state
}

// overall derives the run's status and end from its stages.
func overall(stages []stageState) (string, time.Time) {
	var end time.Time
	paused, bad, waiting := false, "", false
	for _, stage := range stages {
		switch stage.status {
		case StatusRunning:
			return StatusRunning, time.Time{}
		case StatusPaused:
			paused = true
		case StatusFailed, StatusCanceled, StatusSuspend:
			bad = stage.status
		case StatusInit:
			waiting = true
		}
		if stage.end.After(end) {
			end = stage.end
		}
	}
	switch {
	case paused:
		return StatusPaused, time.Time{}
	case bad == StatusSuspend:
		return bad, time.Time{}
	case bad != "":
		return bad, end
	case waiting: // between two stages
		return StatusRunning, time.Time{}
	}
	return StatusCompleted, end
}

// lastChange is the last time up to t at which the run's visible state changed.
func (r *Run) lastChange(t time.Time) time.Time {
	last := r.Start
	for i := range r.Stages {
		a := &r.Stages[i]
		for _, at := range []time.Time{a.Start, a.PausedFrom, a.PausedUntil, a.End} {
			if !at.IsZero() && !at.After(t) && at.After(last) {
				last = at
			}
		}
	}
	return last
}

// attemptNumber is the number, from 1, of the i-th attempt of the run among those of the same stage.
func (r *Run) attemptNumber(i int) int {
	number := 0
	for j := range r.Stages[:i+1] {
		if r.Stages[j].Position == r.Stages[i].Position {
			number++
		}
	}
	return number
}

// sortStages brings the attempts into the order of their starts, which every method relies on.
func (r *Run) sortStages() {
	slices.SortStableFunc(r.Stages, func(a, b StageAttempt) int { return a.Start.Compare(b.Start) })
}
