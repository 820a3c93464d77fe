package pollers

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// scheduled runs a collector for a while on a clock that only moves when everybody waits. Every listing
// of pipelines takes as long as call says.
func scheduled(t *testing.T, run, call time.Duration, schedules map[string]string, script func(w *world)) map[string]int {
	var calls map[string]int
	synctest.Test(t, func(t *testing.T) {
		w, _, _ := scripted(t, 2, func(sim http.Handler) http.Handler {
			return http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if call > 0 && strings.HasSuffix(r.URL.Path, "/pipelines/list") {
					select {
					case <-time.After(call):
					case <-r.Context().Done():
					}
				}
				sim.ServeHTTP(rw, r)
			})
		})
		// The world's clock is that of the test from here on.
		began := time.Now()
		var stopped atomic.Bool
		var background sync.WaitGroup
		defer background.Wait()
		w.collector.Tenants[0].Schedules = schedules
		w.collector = New(w.collector.Options)
		background.Go(func() {
			for !stopped.Load() {
				time.Sleep(time.Second)
				w.clock.forward(time.Second)
			}
		})
		ctx, cancel := context.WithTimeout(t.Context(), run)
		defer cancel()
		if script != nil {
			background.Go(func() { script(w) })
		}
		w.sim.ResetCalls()
		if err := w.collector.Run(ctx); err != nil {
			t.Error(err)
		}
		if ran := time.Since(began); ran > run+stopGrace {
			t.Errorf("the collector ended %s after its context", ran-run)
		}
		stopped.Store(true)
		calls = w.sim.Calls()
		w.check()
	})
	return calls
}

func TestSchedules(t *testing.T) {
	calls := scheduled(t, 10*time.Minute+time.Second, 0, nil, nil)
	// Once at the start, then by the table's schedules: every minute, every five minutes, every hour, every day.
	for api, want := range map[codeartstest.API]int{
		codeartstest.APIPipelines: 11, codeartstest.APIGates: 2 * 3, codeartstest.APIRepositories: 1, codeartstest.APIGroups: 1,
		codeartstest.APIBuildGroups: 1, codeartstest.APIBuildTenants: 1, codeartstest.APIDetail: 2, codeartstest.APIRuns: 1, codeartstest.APIStatuses: 1, // the first round asks for all; nothing runs afterwards
	} {
		if got := calls[string(api)]; got != want {
			t.Errorf("%s was called %d times in ten minutes, want %d", api, got, want)
		}
	}
}

func TestSwitchedOff(t *testing.T) {
	calls := scheduled(t, 10*time.Minute+time.Second, 0, map[string]string{"gates": Off, "tenant_gate": Off, "repositories": Off}, nil)
	if calls[string(codeartstest.APIGates)] != 0 || calls[string(codeartstest.APIRepositories)] != 0 || calls[string(codeartstest.APIPipelines)] != 11 {
		t.Errorf("calls %v", calls)
	}
}

// TestTicksCoalesce: a poll that takes longer than its schedule is not run twice at once, nor made up for.
func TestTicksCoalesce(t *testing.T) {
	calls := scheduled(t, 99*time.Second, 25*time.Second, map[string]string{"pipelines": "@every 10s"}, nil)
	// At 0, and then, as a tick is due each time, at 25, 50 and 75 s.
	if got := calls[string(codeartstest.APIPipelines)]; got != 4 {
		t.Errorf("%d calls of 25 s each in 99 s, want 4, one after the other", got)
	}
}

// TestAfter: what a round has brought wakes the pollers that come after it, long before their schedule.
func TestAfter(t *testing.T) {
	var fetched time.Duration
	scheduled(t, 5*time.Minute-time.Second, 0, nil, func(w *world) {
		began := time.Now()
		time.Sleep(90 * time.Second)
		p := w.sim.Truth(w.clock.now()).Pipelines[0].ID
		r := w.addRun(p, w.clock.now(), 10*time.Second, codeartstest.StatusFailed)
		for fetched == 0 && time.Since(began) < 4*time.Minute {
			time.Sleep(time.Second)
			if details, _ := w.last(events.RunDetail); details[r.ID] != nil {
				fetched = time.Since(began)
			}
		}
	})
	if fetched == 0 || fetched > 125*time.Second {
		t.Errorf("the detail was there after %s, want it right after the listing of 2m0s", fetched)
	}
}

func TestParseSchedule(t *testing.T) {
	for _, good := range []string{"off", "@every 60s", "@daily", "17 */6 * * *"} {
		if err := ParseSchedule(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "every day", "* * * *", "61 * * * *", "@every x"} {
		if err := ParseSchedule(bad); err == nil {
			t.Errorf("%q is a schedule", bad)
		}
	}
	for _, p := range All() {
		if err := ParseSchedule(p.Spec); err != nil {
			t.Errorf("%s: %v", p.Name, err)
		}
	}
}

// TestTable: every poller is whole, and those that it comes after exist and run for the same project.
func TestTable(t *testing.T) {
	known := map[string]Poller{}
	for _, p := range All() {
		if known[p.Name].Poll != nil || p.Poll == nil || len(p.Kinds) == 0 {
			t.Errorf("poller %q is there twice, or incomplete", p.Name)
		}
		known[p.Name] = p
	}
	for _, p := range All() {
		for _, before := range p.After {
			if known[before].Poll == nil || known[before].Per != p.Per {
				t.Errorf("%s comes after %q", p.Name, before)
			}
		}
	}
}

func TestBadSchedule(t *testing.T) {
	w, _, _ := scripted(t, 0, nil)
	w.collector.Tenants[0].Schedules = map[string]string{"gates": "nonsense"}
	if err := w.collector.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "scheduling gates of tenant acme") {
		t.Errorf("got %v", err)
	}
}
