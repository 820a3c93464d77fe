package codeartstest

import (
	"fmt"
	"strings"
	"testing"
)

// TestJobsAndSteps compares the inside of stage attempts with times calculated by hand. The stage has a job of three steps
// of weights 1, 2 and 1, and a job of one step.
func TestJobsAndSteps(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	stages := []StageSpec{{Name: "S", Jobs: []JobSpec{
		job("first", step("a", "Build", 1), step("b", "Test", 2), step("c", "Deploy", 1)),
		job("second", step("d", "Gate", 1)),
	}}}
	p := w.mustPipeline(w.AddPipeline(PipelineSpec{ProjectID: w.AddProject("Alpha"), Name: "p", Created: at(-60), Stages: stages}))
	paused := done(0, 0, 140)
	paused.PausedFrom, paused.PausedUntil = at(1), at(100)
	forever := StageAttempt{Position: 0, Start: at(0), PausedFrom: at(1)}
	hanging := StageAttempt{Position: 0, Start: at(0)}
	succeeded := done(0, 0, 100)
	tests := []struct {
		name    string
		attempt *StageAttempt
		second  int
		want    string // status and seconds of start and end: job: its steps / the next job
	}{
		{"over", &succeeded, 100, "COMPLETED 0-100: COMPLETED 0-25, COMPLETED 25-75, COMPLETED 75-100 / COMPLETED 0-75: COMPLETED 0-75"},
		{"in the second step", &succeeded, 74, "RUNNING 0-: COMPLETED 0-25, RUNNING 25-, INIT - / RUNNING 0-: RUNNING 0-"},
		{"in the third step", &succeeded, 75, "RUNNING 0-: COMPLETED 0-25, COMPLETED 25-75, RUNNING 75- / COMPLETED 0-75: COMPLETED 0-75"},
		{"waiting", &paused, 99, "PAUSED 0-: RUNNING 0-, INIT -, INIT - / INIT -: INIT -"},
		{"after the wait", &paused, 125, "RUNNING 0-: COMPLETED 0-100, RUNNING 100-, INIT - / RUNNING 100-: RUNNING 100-"},
		{"waited and over", &paused, 140, "COMPLETED 0-140: COMPLETED 0-100, COMPLETED 100-126, COMPLETED 126-140 / COMPLETED 100-130: COMPLETED 100-130"},
		{"waiting for ever", &forever, 9000, "PAUSED 0-: RUNNING 0-, INIT -, INIT - / INIT -: INIT -"},
		{"hanging", &hanging, 9000, "RUNNING 0-: RUNNING 0-, INIT -, INIT - / RUNNING 0-: RUNNING 0-"},
		{"not started", nil, 9000, "INIT -: INIT -, INIT -, INIT - / INIT -: INIT -"},
	}
	show := func(s span, second int) string {
		status, start, end := s.at(at(second))
		text := status + " "
		if !start.IsZero() {
			text += fmt.Sprint(int(start.Sub(instant).Seconds()))
		}
		text += "-"
		if !end.IsZero() {
			text += fmt.Sprint(int(end.Sub(instant).Seconds()))
		}
		return text
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var jobs []string
			for _, job := range w.jobsOf(p, &Run{ID: "r"}, 0, 1, test.attempt) {
				var steps []string
				for _, step := range job.steps {
					steps = append(steps, show(step.span, test.second))
				}
				jobs = append(jobs, show(job.span, test.second)+": "+strings.Join(steps, ", "))
			}
			if got := strings.Join(jobs, " / "); got != test.want {
				t.Errorf("%s\nwant %s", got, test.want)
			}
		})
	}
}

// TestFailedSteps fails a stage in each of its attempts: exactly one step carries the failure and those behind it never start.
func TestFailedSteps(t *testing.T) {
	c := newCaller(t, Options{})
	w := c.tenant.World()
	stages := []StageSpec{{Name: "S", Jobs: []JobSpec{job("first", step("a", "Build", 1), step("b", "Test", 2), step("c", "Deploy", 1)), job("second")}}}
	p := w.mustPipeline(w.AddPipeline(PipelineSpec{ProjectID: w.AddProject("Alpha"), Name: "p", Created: at(-60), Stages: stages}))
	seen := map[int]bool{}
	ids := map[string]bool{}
	for attempt := 1; attempt <= 20; attempt++ {
		exec := failed(0, 0, 100)
		jobs := w.jobsOf(p, &Run{ID: "r"}, 0, attempt, &exec)
		if jobs[0].status != StatusFailed || jobs[1].status != StatusCompleted {
			t.Fatalf("jobs are %s and %s", jobs[0].status, jobs[1].status)
		}
		ids[jobs[0].id] = true
		bad := -1
		for i, step := range jobs[0].steps {
			ids[step.id] = true
			status, _, end := step.at(at(100))
			switch {
			case bad < 0 && status == StatusFailed && end.Equal(at(100)):
				bad = i
			case bad < 0 && status == StatusCompleted, bad >= 0 && status == StatusInit:
			default:
				t.Fatalf("attempt %d, step %d is %s until %s", attempt, i, status, end)
			}
		}
		seen[bad] = true
	}
	if len(seen) != 3 || seen[-1] {
		t.Errorf("the failing steps are %v", seen)
	}
	if len(ids) != 80 {
		t.Errorf("%d ids of jobs and steps in 20 attempts, want 80", len(ids))
	}
}
