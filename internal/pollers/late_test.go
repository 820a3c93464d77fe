package pollers

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"

	"github.com/prometheus/client_golang/prometheus"
)

func TestLateness(t *testing.T) {
	at := func(seconds int) time.Time { return instant.Add(time.Duration(seconds) * time.Second) }
	var l lateness
	for _, step := range []struct {
		name string
		do   func()
		want time.Duration // at 100 s
	}{
		{"nothing is due", func() {}, 0},
		{"due", func() { l.asked(at(10)) }, 90 * time.Second},
		{"due again while it is due", func() { l.asked(at(20)) }, 90 * time.Second},
		{"under way", func() { l.began(at(30)) }, 90 * time.Second},
		{"due again while it is under way", func() { l.asked(at(40)) }, 90 * time.Second},
		{"the first is done, the second waits", func() { l.ended(true) }, 60 * time.Second},
		{"a round that fails leaves it due", func() { l.began(at(50)); l.ended(false) }, 60 * time.Second},
		{"a tick later", func() { l.asked(at(70)) }, 60 * time.Second},
		{"done", func() { l.began(at(80)); l.ended(true) }, 0},
		{"the job has stopped", func() { l.asked(at(90)); l.stop() }, 0},
	} {
		step.do()
		if got := l.age(at(100)); got != step.want {
			t.Errorf("%s: %s, want %s", step.name, got, step.want)
		}
	}
}

// TestOldestDueMetric: /metrics tells of each poller how late its latest job is, also of one that fails again and again.
func TestOldestDueMetric(t *testing.T) {
	var late, well float64
	scheduled(t, 5*time.Minute, 0, nil, func(w *world) {
		w.sim.Inject(codeartstest.APIRepositories, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: http.StatusInternalServerError, Times: -1})
		time.Sleep(4 * time.Minute)
		registry := prometheus.NewRegistry()
		registry.MustRegister(w.metrics.oldestDue)
		families, err := registry.Gather()
		on := slices.DeleteFunc(All(), func(p Poller) bool { return p.Spec == Off })
		if err != nil || len(families) != 1 || len(families[0].Metric) != len(on) {
			t.Errorf("families %v, %v", families, err)
			return
		}
		for _, m := range families[0].Metric {
			switch m.Label[0].GetValue() {
			case "repositories":
				late = m.Gauge.GetValue()
			case "pipelines":
				well = m.Gauge.GetValue()
			}
		}
	})
	if late < 230 || well > 1 {
		t.Errorf("repositories fail for 240 s and are late by %v s, pipelines work and are late by %v s", late, well)
	}
}

// TestBackfillGivesWay: a round that reads history back, or fetches details of runs that have not failed, ends after a
// portion when its job is due again, and the rounds together fetch everything. Failed runs come first.
func TestBackfillGivesWay(t *testing.T) {
	w, _, _ := scripted(t, 0, nil)
	var failed []string
	for i := range 2*historyPortion + 1 {
		p := w.addPipeline(w.projects[0], string(rune('A'+i)))
		for n := range 4 {
			r := w.addRun(p, instant.Add(-time.Duration(10*n+1)*time.Hour), time.Minute, codeartstest.StatusCompleted)
			if i%20 == 0 && n == 3 { // some of the oldest
				r.Stages[0].Status = codeartstest.StatusFailed
				w.sim.World().AddRun(r)
				failed = append(failed, r.ID)
			}
		}
	}
	round := func(poller string) {
		for _, j := range w.collector.crews[0].jobsOf(poller) {
			j.wake(w.clock.now()) // is due again when the round has begun
			if err := w.collector.poll(t.Context(), j); err != nil && !errors.Is(err, context.Canceled) {
				t.Fatal(err)
			}
		}
	}
	round("pipelines")
	for _, want := range []int{historyPortion, historyPortion, 1, 0} {
		if got := w.calls(func() { round("history") })[string(codeartstest.APIRuns)]; got != want {
			t.Fatalf("%d pipelines were read back in a round, want %d", got, want)
		}
	}
	calls := w.calls(func() { round("details") })[string(codeartstest.APIDetail)]
	if want := len(failed) + detailsPortion; calls != want {
		t.Errorf("%d details in the first round, want %d", calls, want)
	}
	var asked []string
	for _, r := range w.sim.Requests(codeartstest.APIDetail) {
		query, err := url.ParseQuery(r.Query)
		if err != nil {
			t.Fatal(err)
		}
		asked = append(asked, query.Get("pipeline_run_id"))
	}
	first := slices.Clone(asked[:len(failed)])
	slices.Sort(first)
	slices.Sort(failed)
	if !slices.Equal(first, failed) {
		t.Errorf("the failed runs %q did not come first: %q", failed, asked)
	}
	w.quiet()
	w.equalsTruth()
}
