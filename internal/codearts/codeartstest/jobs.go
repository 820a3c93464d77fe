package codeartstest

import (
	"cmp"
	"time"
)

// span is a piece of work with its planned life.
type span struct {
	start, end time.Time // end zero means never; start zero means it never starts
	status     string    // at end
	paused     *StageAttempt
}

// stepPlan and jobPlan are what one attempt of a stage does inside.
type stepPlan struct {
	spec *StepSpec
	id   string
	span
}

type jobPlan struct {
	spec  *JobSpec
	id    string
	steps []stepPlan
	span
}

// stageID is the id of a stage of a run; it survives retries.
func (w *World) stageID(r *Run, position int) string { return w.id("stage", r.ID, position) }

// jobsOf plans the jobs of one attempt of a stage; exec is nil for an attempt that has not started. The ids are new with
// each attempt. The first job lives as long as the attempt and decides its status; a second one succeeds a little earlier.
func (w *World) jobsOf(p *pipeline, r *Run, position, attempt int, exec *StageAttempt) []jobPlan {
	specs := p.Stages[position].Jobs
	jobs := make([]jobPlan, len(specs))
	for i := range specs {
		job := jobPlan{spec: &specs[i], id: w.id("job", r.ID, position, attempt, i)}
		if exec != nil {
			job.span = span{start: exec.Start, end: exec.End, status: exec.Status, paused: exec}
			if i > 0 {
				job.span.paused = nil
				if !exec.PausedFrom.IsZero() {
					job.start = exec.PausedUntil // zero if the pause never ends
				}
				if !job.start.IsZero() && !exec.End.IsZero() {
					took := job.end.Sub(job.start).Truncate(time.Second)
					job.end, job.status = job.start.Add((took * 3 / 4).Truncate(time.Second)), StatusCompleted
				}
			}
		}
		job.steps = w.stepsOf(job, r, position, attempt, i)
		jobs[i] = job
	}
	return jobs
}

// stepsOf cuts the life of a job into its steps. A job that does not succeed stops in one step, the rest stays INIT. The
// first step of a paused stage is the one that waits.
func (w *World) stepsOf(job jobPlan, r *Run, position, attempt, index int) []stepPlan {
	specs := job.spec.Steps
	steps := make([]stepPlan, len(specs))
	for i := range specs {
		steps[i] = stepPlan{spec: &specs[i], id: w.id("step", r.ID, position, attempt, index, i)}
	}
	if job.start.IsZero() || len(steps) == 0 {
		return steps
	}
	last := len(steps) - 1
	if job.status != StatusCompleted && job.status != "" {
		sum := w.digest("stop", r.ID, position, attempt)
		last = int(sum[0]) % len(steps)
	}
	from := job.start
	first := 0
	if a := job.paused; a != nil && !a.PausedFrom.IsZero() && last > 0 {
		steps[0].span = span{start: from, end: a.PausedUntil, status: StatusCompleted}
		if a.PausedUntil.IsZero() {
			return steps
		}
		from, first = a.PausedUntil, 1
	}
	if job.end.IsZero() { // it hangs in its first step for ever
		steps[first].span = span{start: from}
		return steps
	}
	total := 0
	for i := first; i <= last; i++ {
		total += max(1, specs[i].Weight)
	}
	done, took := 0, job.end.Sub(from)
	for i := first; i <= last; i++ {
		begin := from.Add((took * time.Duration(done) / time.Duration(total)).Truncate(time.Second))
		done += max(1, specs[i].Weight)
		end := from.Add((took * time.Duration(done) / time.Duration(total)).Truncate(time.Second))
		status := StatusCompleted
		if i == last {
			end, status = job.end, cmp.Or(job.status, StatusCompleted)
		}
		steps[i].span = span{start: begin, end: end, status: status}
	}
	return steps
}

// at is what is visible of the work at t: its status, start and end, the zero times meaning null.
func (s span) at(t time.Time) (status string, start, end time.Time) {
	switch {
	case s.start.IsZero() || s.start.After(t):
		return StatusInit, time.Time{}, time.Time{}
	case !s.end.IsZero() && !t.Before(s.end):
		return s.status, s.start, s.end
	case s.paused != nil && s.paused.statusAt(t) == StatusPaused:
		return StatusPaused, s.start, time.Time{}
	}
	return StatusRunning, s.start, time.Time{}
}
