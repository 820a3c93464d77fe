package pollers

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts"
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
		w.clock.run()
		var background sync.WaitGroup
		defer background.Wait()
		w.collector.Tenants[0].Schedules = schedules
		w.collector = New(w.collector.Options)
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
		codeartstest.APIBuildGroups: 1, codeartstest.APIBuildTenants: 1, codeartstest.APIDetail: 2, codeartstest.APIRuns: 1, codeartstest.APIStatuses: 0, // nothing runs
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

// TestSuspend: the ticks that a sleeping machine missed are one, right after it wakes, also those of a schedule that does
// not tick again for long.
func TestSuspend(t *testing.T) {
	var hourly, minutely int
	calls := scheduled(t, 4*time.Minute+5*time.Second, 0, map[string]string{"pipelines": "@every 1m"}, func(w *world) {
		time.Sleep(90 * time.Second)
		w.clock.forward(8 * time.Hour)
		time.Sleep(lookEvery + time.Second)
		hourly, minutely = w.sim.Calls()[string(codeartstest.APIRepositories)], w.sim.Calls()[string(codeartstest.APIPipelines)]
	})
	if hourly != 2 || calls[string(codeartstest.APIRepositories)] != 2 {
		t.Errorf("hourly: %d calls at the wake-up, %d in all, want the first and one", hourly, calls[string(codeartstest.APIRepositories)])
	}
	if minutely != 3 || calls[string(codeartstest.APIPipelines)] != 6 {
		t.Errorf("every minute: %d calls at the wake-up, %d in all, want 3 and 6", minutely, calls[string(codeartstest.APIPipelines)])
	}
}

// TestClockSetBack: the schedules go on by the new time at once, and do not wait for the old one to come again.
func TestClockSetBack(t *testing.T) {
	calls := scheduled(t, 10*time.Minute+5*time.Second, 0, nil, func(w *world) {
		time.Sleep(90 * time.Second)
		w.clock.forward(-3 * time.Hour)
	})
	if got := calls[string(codeartstest.APIPipelines)]; got != 11 {
		t.Errorf("%d calls in ten minutes, want 11", got)
	}
}

func TestTimer(t *testing.T) {
	at := func(text string) time.Time {
		parsed, err := time.Parse("2 15:04:05", text)
		if err != nil {
			t.Fatal(err)
		}
		return parsed.AddDate(2026, 0, 0)
	}
	for _, tt := range []struct {
		name, spec string
		looks      []string // the due ones end with !
	}{
		{"each tick once", "@every 1m", []string{"1 10:00:30", "1 10:00:59", "1 10:01:00!", "1 10:01:01", "1 10:02:10!", "1 10:02:11"}},
		{"late by far is once, and the next is on time", "@every 1m", []string{"1 10:00:30", "1 18:00:30!", "1 18:00:31", "1 18:01:00!"}},
		{"a daily one that was slept through", "0 3 * * *", []string{"1 22:00:00", "2 09:00:00!", "2 09:00:15", "3 03:00:00!"}},
		{"set back over a tick", "@every 1m", []string{"1 10:00:30", "1 10:01:00!", "1 10:00:40", "1 10:01:00!", "1 10:01:01"}},
		{"set back by hours", "@hourly", []string{"1 10:59:00", "1 07:59:00", "1 08:00:00!", "1 08:00:01"}},
		{"never", "0 0 30 2 *", []string{"1 10:00:00", "9 10:00:00"}},
	} {
		ticks, err := newTicks(tt.spec, "job", 0)
		if err != nil {
			t.Fatal(err)
		}
		for i, timer := 0, (timer{Schedule: ticks}); i < len(tt.looks); i++ {
			look, want := strings.CutSuffix(tt.looks[i], "!")
			if got := timer.due(at(look)); got != want {
				t.Errorf("%s: due is %v at %s", tt.name, got, look)
			}
		}
	}
}

// TestJitter: fifty projects do not poll in the same second, the pace stays, and each keeps its place after a restart.
func TestJitter(t *testing.T) {
	for _, tt := range []struct {
		spec   string
		span   time.Duration // of the offsets
		period time.Duration
	}{
		{"@every 15s", 15 * time.Second, 15 * time.Second}, {"@every 60s", time.Minute, time.Minute}, {"@every 5m", 5 * time.Minute, 5 * time.Minute},
		{"@hourly", DefaultJitter, time.Hour}, {"17 */6 * * *", DefaultJitter, 6 * time.Hour},
	} {
		plain, err := newTicks(tt.spec, "", 0)
		if err != nil {
			t.Fatal(err)
		}
		const parts = 10
		var used [parts]int
		for i := range 50 {
			name := fmt.Sprintf("acme/%032x/pipelines", i)
			a, err := newTicks(tt.spec, name, DefaultJitter)
			b, _ := newTicks(tt.spec, name, DefaultJitter)
			if err != nil || a.offset != b.offset || a.offset < 0 || a.offset >= tt.span {
				t.Fatalf("%s: offsets %s and %s, %v", tt.spec, a.offset, b.offset, err)
			}
			used[int(a.offset*parts/tt.span)]++
			first := a.Next(instant)
			if want := plain.Next(instant.Add(-a.offset)).Add(a.offset); first != want || !first.After(instant) {
				t.Fatalf("%s: the first tick is %s, want %s", tt.spec, first, want)
			}
			for next := range 5 {
				if got, want := a.Next(first), first.Add(tt.period); got != want {
					t.Fatalf("%s: tick %d is %s, want %s", tt.spec, next, got, want)
				}
				first = a.Next(first)
			}
		}
		for part, n := range used {
			if n == 0 || n > 15 {
				t.Errorf("%s: %d of 50 jobs in part %d of %d: %v", tt.spec, n, part, parts, used)
			}
		}
	}
}

func TestParseSchedule(t *testing.T) {
	for _, good := range []string{"off", "@every 60s", "@daily", "17 */6 * * *", "0 3 29 2 *", "CRON_TZ=Asia/Shanghai 0 2 * * *"} {
		if err := ParseSchedule(good); err != nil {
			t.Errorf("%q: %v", good, err)
		}
	}
	for _, bad := range []string{"", "every day", "* * * *", "61 * * * *", "@every x", "0 3 30 2 *"} {
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

// TestTable: every poller is whole, and those that it comes after exist and run for the same project, or for all.
func TestTable(t *testing.T) {
	known := map[string]Poller{}
	for _, p := range All() {
		if known[p.Name].Poll != nil || p.Poll == nil || len(p.Kinds) == 0 || p.Calls == codearts.PriorityFirst {
			t.Errorf("poller %q is there twice, or incomplete", p.Name)
		}
		known[p.Name] = p
	}
	for _, p := range All() {
		for _, before := range p.After {
			if known[before].Poll == nil || known[before].Per != p.Per && known[before].Per != PerTenant {
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
