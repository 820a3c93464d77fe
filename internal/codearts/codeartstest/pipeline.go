package codeartstest

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"
)

// pipeline is a pipeline with its runs, in order of start.
type pipeline struct {
	PipelineSpec
	project *project
	runs    []*Run
	byRun   map[string]*Run
	shown   atomic.Pointer[shownRow] // as last encoded; nil after a change of the script
}

// PipelineSpec describes a pipeline. IDs that are empty when adding are derived.
type PipelineSpec struct {
	ID           string
	ProjectID    string
	Name         string
	RepositoryID int64 // source repository; 0 means none
	GroupID      string
	Creator      User
	IsPublish    bool // a change pipeline
	Created      time.Time
	Deleted      time.Time // zero means never
	Stages       []StageSpec
}

// StageSpec is a stage of a pipeline: its jobs and steps run once per attempt.
type StageSpec struct {
	Name     string
	Sequence int // not unique within a pipeline
	Jobs     []JobSpec
}

// JobSpec is a job of a stage.
type JobSpec struct {
	Name  string
	Steps []StepSpec
}

// StepSpec is a step of a job. Weight is its share of the job's time.
type StepSpec struct {
	Name         string // sent as null when empty
	Task         string // the plug-in
	BusinessType string // Build, Gate, Deploy, Test or Normal
	Inputs       [][2]string
	Weight       int
}

// existsAt tells whether a pipeline is listed at t.
func (p *pipeline) existsAt(t time.Time) bool {
	return !p.Created.After(t) && (p.Deleted.IsZero() || t.Before(p.Deleted))
}

// started are the runs that have started by t, in order of start.
func (p *pipeline) started(t time.Time) []*Run {
	n, _ := slices.BinarySearchFunc(p.runs, t, func(r *Run, t time.Time) int {
		if r.Start.After(t) {
			return 1
		}
		return -1
	})
	return p.runs[:n]
}

// kept are the runs whose history CodeArts still has at t.
func (p *pipeline) kept(t time.Time) []*Run {
	runs := p.started(t)
	oldest := t.Add(-Retention)
	i, _ := slices.BinarySearchFunc(runs, oldest, func(r *Run, t time.Time) int { return r.Start.Compare(t) })
	return runs[i:]
}

// latest is the run that started last by t; nil if none has.
func (p *pipeline) latest(t time.Time) *Run {
	if runs := p.started(t); len(runs) > 0 {
		return runs[len(runs)-1]
	}
	return nil
}

// group is the group of the pipeline, nil if it has none.
func (p *pipeline) group() *group {
	for _, g := range p.project.groups {
		if g.spec.ID == p.GroupID {
			return g
		}
	}
	return nil
}

// inGroup tells whether the pipeline is at t in the group of a path or below it.
func (p *pipeline) inGroup(path string, t time.Time) bool {
	g := p.group()
	if g == nil {
		return false
	}
	own := strings.Join(pathOf(p.project.groups, g, t), ".")
	return own == path || strings.HasPrefix(own, path+".")
}

// lastChange is when the pipeline or its latest run last changed.
func (p *pipeline) lastChange(now time.Time) time.Time {
	if r := p.latest(now); r != nil {
		return r.lastChange(now)
	}
	return p.Created
}

// nextChange is when the list shows something else of the pipeline than it does now; zero means never.
func (p *pipeline) nextChange(now time.Time) (next time.Time) {
	sooner := func(at time.Time) {
		if at.After(now) && (next.IsZero() || at.Before(next)) {
			next = at
		}
	}
	started := p.started(now)
	if len(started) < len(p.runs) {
		sooner(p.runs[len(started)].Start)
	}
	if len(started) > 0 {
		for _, a := range started[len(started)-1].Stages {
			for _, at := range []time.Time{a.Start, a.PausedFrom, a.PausedUntil, a.End} {
				sooner(at)
			}
		}
	}
	return next
}
