package pollers

import (
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
	"artery/internal/stream/streamtest"
)

// TestStaleAnswer: a replica that lags shows a run that is over as running. That is no change, and the next look says so.
func TestStaleAnswer(t *testing.T) {
	w, pipeline, _ := scripted(t, 2, nil)
	w.quiet()
	w.addRun(pipeline, instant.Add(time.Minute), 5*time.Minute, codeartstest.StatusFailed)
	w.clock.forward(10 * time.Minute)
	w.quiet()
	for range 3 { // never twice in a row
		w.sim.Inject(codeartstest.APIPipelines, codeartstest.Fault{Kind: codeartstest.FaultStale, Behind: 7 * time.Minute})
		w.want(w.once())
		w.clock.forward(20 * time.Second)
		w.want(w.once())
		w.clock.forward(20 * time.Second)
	}
	if n := count(t, w.metrics.backwards.WithLabelValues("acme")); n != 3 {
		t.Errorf("%v answers took back what was said, want 3", n)
	}
	w.equalsTruth()
	w.check()
}

// TestRetryIsBelieved: the same run goes on once more. The second answer is believed, whoever gives it, and both attempts are
// in the log.
func TestRetryIsBelieved(t *testing.T) {
	w, _, runs := scripted(t, 2, nil)
	w.quiet()
	p, last := w.projects[0], runs[1]
	retry := w.clock.now().Add(time.Minute)
	last.Stages = append(last.Stages, codeartstest.StageAttempt{Start: retry, End: retry.Add(30 * time.Minute), Status: codeartstest.StatusCompleted})
	w.sim.World().AddRun(last)
	w.clock.forward(2 * time.Minute)
	// The list shows it first, and the active poller, which comes next in the table, asks again though the run was over.
	calls := w.calls(func() { w.want(w.once(), p+" run "+last.ID+" changed") })
	if calls[string(codeartstest.APIStatuses)] != 1 {
		t.Errorf("calls %v, want one for the latest status", calls)
	}
	w.clock.forward(time.Hour)
	w.quiet()
	w.equalsTruth()
	if n := count(t, w.metrics.backwards.WithLabelValues("acme")); n != 1 {
		t.Errorf("%v doubts, want 1", n)
	}
}

// TestOlderAnswerIsNoDoubt: a long walk shows a run as it was when its page was asked for, and is written when another poller
// has long seen the end of the run. That takes nothing back: nobody has to ask again, and the detail of the run need not wait.
func TestOlderAnswerIsNoDoubt(t *testing.T) {
	w := newWriter(streamtest.NewMemory(), "w")
	for _, step := range []struct {
		after  time.Duration // when it was asked for
		status string
		want   int // events
	}{{0, "RUNNING", 1}, {2 * time.Minute, "FAILED", 1}, {time.Minute, "RUNNING", 0}} {
		generation, err := w.begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		m := events.Mark{Parent: "p", Number: 1, Status: step.status, From: 1}
		snap, err := events.NewSnapshot(events.Run, "r", []byte(`{"status":"`+step.status+`"}`), m, instant.Add(step.after))
		if err != nil {
			t.Fatal(err)
		}
		w.clock = instant.Add(3 * time.Minute)
		if n, err := w.write(t.Context(), generation, []events.Snapshot{snap}, nil, swept, true); n != step.want || err != nil {
			t.Errorf("%s as of %s later: %d events, %v; want %d", step.status, step.after, n, err, step.want)
		}
	}
	if n := count(t, w.m.backwards.WithLabelValues("acme")); n != 0 || len(w.doubts) != 0 || len(w.runs.open) != 0 || len(w.runs.undetailed) != 1 {
		t.Errorf("%v doubts counted, in doubt %v, open %v, without a detail %v", n, w.doubts, w.runs.open, w.runs.undetailed)
	}
}

// TestDoubtIsForgotten: a collector that is started anew looks twice again, and nothing is lost.
func TestDoubtIsForgotten(t *testing.T) {
	w := newWriter(streamtest.NewMemory(), "w")
	mark := func(status string, end int64) events.Mark {
		return events.Mark{Parent: "p", Number: 1, Status: status, From: 1, To: end}
	}
	see := func(s string, m events.Mark) int {
		t.Helper()
		generation, err := w.begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		snap, err := events.NewSnapshot(events.Run, "r", []byte(`{"status":"`+s+`","end_time":`+string(rune('0'+m.To))+`}`), m, w.clock)
		if err != nil {
			t.Fatal(err)
		}
		n, err := w.write(t.Context(), generation, []events.Snapshot{snap}, nil, swept, true)
		if err != nil {
			t.Fatal(err)
		}
		w.clock = w.clock.Add(time.Second)
		return n
	}
	over, on, earlier := mark("FAILED", 5), mark("RUNNING", 0), mark("FAILED", 4)
	for i, step := range []struct {
		status string
		mark   events.Mark
		want   int
	}{
		{"RUNNING", on, 1}, {"FAILED", over, 1},
		{"RUNNING", on, 0}, {"FAILED", over, 0}, {"RUNNING", on, 0}, {"FAILED", over, 0}, // a replica that lags
		{"RUNNING", on, 0}, {"RUNNING", on, 1}, {"FAILED", mark("FAILED", 9), 1}, // a retry
		{"FAILED", earlier, 0}, {"FAILED", earlier, 1}, // it ended earlier: said twice
		{"CANCELED", mark("CANCELED", 9), 1},                 // it ended later: nothing is taken back
		{"PAUSED", mark("PAUSED", 0), 0}, {"RUNNING", on, 1}, // two answers that it goes on, whichever way
	} {
		if n := see(step.status, step.mark); n != step.want {
			t.Errorf("step %d, %s: %d events, want %d", i, step.status, n, step.want)
		}
	}
	see("FAILED", over)
	if n := see("RUNNING", on); n != 0 {
		t.Errorf("%d events at the first answer", n)
	}
	if len(w.runs.open) != 1 {
		t.Error("a run in doubt is not looked at")
	}
	w.forget()
	w.set(w.state, true) // as a restore does
	if len(w.runs.open) != 1 {
		t.Error("a run in doubt is not looked at after the scope was read again")
	}
	log := w.log
	w = newWriter(log, "another")
	w.clock = instant.Add(time.Hour)
	if n := see("RUNNING", on); n != 0 {
		t.Errorf("%d events at the first answer to a new process", n)
	}
	if n := see("RUNNING", on); n != 1 {
		t.Errorf("%d events at the second", n)
	}
}
