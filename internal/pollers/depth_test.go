package pollers

import (
	"math"
	"reflect"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// TestPlanHistoryByDepth: what the configuration wants decides how far back is read, also when that has changed.
func TestPlanHistoryByDepth(t *testing.T) {
	const day, depth = 24 * time.Hour, 30 * 24 * time.Hour
	oldest := instant.Add(-depth)
	newest := []events.Mark{run("a", 7, "FAILED", 11*time.Hour)}
	mark := func(status string, from time.Duration) map[string]events.Mark {
		return map[string]events.Mark{"a": {Number: 7, Status: status, From: ms(from), To: ms(10 * time.Hour)}}
	}
	back := func(from, to, reach time.Duration) []window {
		at := func(before time.Duration) time.Time { return time.UnixMilli(ms(before)) }
		return []window{{pipeline: "a", from: at(from), to: at(to), back: true, through: 7, reach: at(reach), newest: at(10 * time.Hour)}}
	}
	for _, c := range []struct {
		name     string
		coverage map[string]events.Mark
		want     []window
	}{
		{"cold", nil, []window{{pipeline: "a", from: oldest, to: instant, back: true, through: 7, reach: oldest, newest: instant}}},
		{"read as far", mark(coverageComplete, depth+time.Hour), nil},
		{"read further, when more was wanted", mark(coverageComplete, 90*day), nil},
		{"read less far, when less was wanted", mark(coverageComplete, 7*day), back(depth, 7*day-overlap, depth)},
		{"the clock was set back by an hour", mark(coverageComplete, depth-time.Hour), nil},
		{"stopped half way", mark(coveragePartial, 12*day), back(depth, 12*day-overlap, depth)},
		{"stopped where less is wanted now", mark(coveragePartial, 40*day), back(40*day, 40*day-overlap, 40*day)},
	} {
		got := planHistory(index(newest, c.coverage), instant, depth)
		for _, w := range [][]window{got, c.want} {
			for i := range w {
				for _, at := range []*time.Time{&w[i].from, &w[i].to, &w[i].reach, &w[i].newest} {
					*at = at.UTC()
				}
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s:\n got %+v\nwant %+v", c.name, got, c.want)
		}
	}
}

// TestDepth: a tenant that wants little is asked little, and what it wants later is read then, each part once.
func TestDepth(t *testing.T) {
	w := newWorld(t, codeartstest.TestOptions(1, instant), nil)
	few := Depth{History: 24 * time.Hour, FailedOnly: true, PluginLists: true}
	w.depth = few
	w.start()
	calls := w.calls(w.quiet)
	for _, api := range []codeartstest.API{codeartstest.APIPluginVersions, codeartstest.APIPluginVersionNumbers, codeartstest.APIPluginInputs, codeartstest.APIBasicPlugin} {
		if calls[string(api)] != 0 {
			t.Errorf("plug-ins are to be listed only, and %s was called %d times", api, calls[string(api)])
		}
	}
	if calls[string(codeartstest.APIPlugins)] == 0 || calls[string(codeartstest.APIBasicPlugins)] == 0 {
		t.Error("the lists of plug-ins were not read")
	}
	truth := w.sim.Truth(w.clock.now())
	latest, recent, failed := map[string]bool{}, 0, 0
	for _, p := range truth.Pipelines {
		var last codeartstest.RunTruth
		for _, r := range truth.Runs {
			if r.PipelineID == p.ID && r.Number > last.Number {
				last = r
			}
		}
		latest[last.ID] = true
	}
	// A run of the day before, and the latest of its pipeline, which the list shows, are known.
	for _, r := range truth.Runs {
		if latest[r.ID] || !r.Start.Before(instant.Add(-24*time.Hour)) {
			if recent++; r.Status == "FAILED" {
				failed++
			}
		}
	}
	runs, _ := w.last(events.Run)
	details, _ := w.last(events.RunDetail)
	if len(runs) != recent || len(details) != failed || recent == len(truth.Runs) || failed == 0 {
		t.Errorf("%d runs and %d details are known, want %d and %d of %d", len(runs), len(details), recent, failed, len(truth.Runs))
	}
	if p := w.collector.Progress(); !p.Done() || p.Over != failed {
		t.Errorf("all that is wanted is known, and the progress is %+v", p)
	}

	w.depth = Depth{}
	w.start()
	calls = w.calls(w.quiet)
	if runs, _ = w.last(events.Run); len(runs) != len(truth.Runs) {
		t.Errorf("%d runs of %d are known", len(runs), len(truth.Runs))
	}
	details, _ = w.last(events.RunDetail)
	if over := len(details) - failed; calls[string(codeartstest.APIDetail)] != over || over == 0 {
		t.Errorf("%d details were asked for, %d are new", calls[string(codeartstest.APIDetail)], over)
	}
	if calls[string(codeartstest.APIPluginInputs)] == 0 || calls[string(codeartstest.APIBasicPlugin)] == 0 {
		t.Error("what is inside of plug-ins was not read when it was wanted")
	}
	if again := w.calls(w.quiet); again[string(codeartstest.APIDetail)] != 0 {
		t.Errorf("details were asked for again: %v", again)
	}
}

// TestDemandsByDepth: what is not fetched costs nothing.
func TestDemandsByDepth(t *testing.T) {
	e := estate
	e.Failed = 0.25
	demands, err := (&Tenant{Depth: Depth{History: 15 * 24 * time.Hour, FailedOnly: true, PluginLists: true}}).Demands(e)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range demands {
		want, known := map[string]float64{
			"details RunDetail":                  750,  // a quarter of 3,000
			"reconcile PipelineRuns":             2000, // 4 rounds x 500 pipelines x 1 page of 90 runs
			"basic_plugins PluginVersionNumbers": 0,
			"basic_plugins BasicPlugins":         1,
		}[d.Poller+" "+d.API]
		if known && math.Abs(d.Calls-want) > 1e-9 {
			t.Errorf("%s %s: %v calls, want %v", d.Poller, d.API, d.Calls, want)
		}
	}
}
