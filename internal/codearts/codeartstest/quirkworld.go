package codeartstest

import "time"

// generateQuirks scripts what the quirks of the world say, each on a pipeline of its own in the first project.
func (w *World) generateQuirks() {
	origin := w.options.Origin
	add := func(q Quirk) *pipeline {
		return w.addPipeline(PipelineSpec{
			ProjectID: w.projects[0].id, Name: string(q), Created: origin.Add(-Retention - 24*time.Hour), Stages: stagesOf(kindMerge),
		})
	}
	// run adds a run of one stage from a time after origin on.
	run := func(p *pipeline, from, took time.Duration, status string) *Run {
		start := origin.Add(from)
		return w.addRun(p, Run{Number: len(p.runs) + 1, Start: start, Stages: []StageAttempt{
			{Position: 0, Start: start, End: start.Add(took), Status: status},
			{Position: 1, Start: start.Add(took), End: start.Add(took + time.Second), Status: StatusCompleted},
		}})
	}
	for _, quirk := range w.options.Quirks {
		switch quirk {
		case QuirkRetried:
			p := add(quirk)
			failed := *run(p, -50*time.Minute, time.Minute, StatusFailed)
			failed.Stages = failed.Stages[:1]
			for i, length := range []time.Duration{time.Minute, 4 * time.Minute} {
				start := origin.Add(2*time.Minute + time.Duration(i)*time.Minute)
				failed.Stages = append(failed.Stages, StageAttempt{Position: i, Start: start, End: start.Add(length), Status: StatusCompleted})
			}
			w.addRun(p, failed)
			run(p, -20*time.Minute, time.Minute, StatusCompleted)
		case QuirkOverlapping:
			p := add(quirk)
			run(p, -10*time.Minute, 25*time.Minute, StatusCompleted)
			for i := range 3 {
				run(p, time.Duration(i*4-5)*time.Minute, time.Minute, StatusCompleted)
			}
		case QuirkPaused:
			start := origin.Add(-96 * time.Hour)
			w.addRun(add(quirk), Run{Number: 1, Start: start, Stages: []StageAttempt{{
				Position: 0, Start: start, PausedFrom: start.Add(time.Second), PausedUntil: origin.Add(30 * time.Minute), End: origin.Add(31 * time.Minute), Status: StatusCompleted,
			}, {Position: 1, Start: origin.Add(31 * time.Minute), End: origin.Add(32 * time.Minute), Status: StatusCompleted}}})
		case QuirkShortRuns:
			p := add(quirk)
			for burst := range 6 {
				for i := range 5 {
					run(p, time.Duration(burst)*10*time.Minute+time.Duration(i)*6*time.Second, 3*time.Second, StatusCompleted)
				}
			}
		case QuirkExpiring:
			p := add(quirk)
			for i := range 8 {
				run(p, -Retention+time.Duration(i*4+1)*time.Minute, time.Minute, StatusCompleted)
			}
			run(p, -time.Hour, time.Minute, StatusCompleted)
		case QuirkLostMembership:
			last := w.projects[len(w.projects)-1]
			last.member.set(origin.Add(10*time.Minute), false)
			last.member.set(origin.Add(25*time.Minute), true)
		}
	}
}
