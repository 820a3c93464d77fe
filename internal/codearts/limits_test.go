package codearts

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestLimitsPerAPIAndTenant(t *testing.T) {
	for _, tt := range []struct {
		name   string
		limits Limits
		want   time.Duration // for 2 APIs with 20 calls each
	}{
		{"default of 2 per second", Limits{Burst: 1}, 9500 * time.Millisecond},
		{"per API", Limits{Burst: 1, PerAPI: map[string]float64{"Pipelines": 10, "RunDetail": 4}}, 4750 * time.Millisecond},
		{"hundreds per second", Limits{Burst: 1, PerSecond: 200}, 95 * time.Millisecond},
		{"tenant", Limits{Burst: 1, PerSecond: 100, Tenant: 4}, 9750 * time.Millisecond},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l := newLimiter(tt.limits.withDefaults())
				start := time.Now()
				var wg sync.WaitGroup
				for _, api := range []string{"Pipelines", "RunDetail"} {
					for range 20 {
						wg.Go(func() {
							if _, err := l.wait(t.Context(), api, PriorityOpenRuns); err != nil {
								t.Error(err)
							}
						})
					}
				}
				wg.Wait()
				if got := time.Since(start); got < tt.want || got > tt.want+tt.want/50+time.Millisecond {
					t.Errorf("40 calls took %s, want %s", got, tt.want)
				}
			})
		})
	}
}

func TestThrottlingHalvesAndRecovers(t *testing.T) {
	b, now := newBucket("Pipelines", 8, 16), time.Unix(0, 0)
	rate := func(want float64) {
		t.Helper()
		if got := float64(b.lim.Limit()); got < want-1e-9 || got > want+1e-9 {
			t.Fatalf("rate is %v, want %v", got, want)
		}
		if burst := b.lim.Burst(); burst != max(1, int(2*want+1e-9)) {
			t.Fatalf("the burst is %d at a rate of %v", burst, want)
		}
	}
	succeed := func(d time.Duration) {
		for end := now.Add(d); now.Before(end); {
			now = now.Add(raiseEvery)
			b.succeeded(now, true)
			b.succeeded(now, true) // at most one raise
		}
	}
	for range 16 { // a volley counts once
		b.throttled(now, 0)
	}
	rate(4)
	now = now.Add(2 * time.Second)
	b.throttled(now, 0)
	rate(2)
	b.succeeded(now, true) // too early
	rate(2)
	succeed(raiseEvery)
	rate(2.4)
	succeed(9 * time.Minute)
	rate(7.2) // 8 was too much; nothing above is tried for ten minutes
	succeed(2 * time.Minute)
	rate(8)
	for range 20 {
		now = now.Add(2 * time.Second)
		b.throttled(now, 0)
	}
	rate(0.1)
	succeed(8 * time.Minute)
	rate(7.2) // one time of trouble is one lesson, whatever the rate was while it lasted
}

// A rate that is too much again and again is tried ever more rarely.
func TestTrialsBecomeRare(t *testing.T) {
	b, now := newBucket("Pipelines", 10, 1), time.Unix(0, 0)
	var trials []time.Duration
	for last := now; len(trials) < 12; now = now.Add(time.Second) {
		if b.lim.Limit() > 5 { // the server's limit
			b.throttled(now, 0)
			trials, last = append(trials, now.Sub(last)), now
		}
		b.succeeded(now, true)
		if b.lim.Limit() < 4 && now.Sub(last) > 10*time.Minute {
			t.Fatalf("%s after a cut the rate is still %v", now.Sub(last), b.lim.Limit())
		}
	}
	if last := trials[len(trials)-1]; last < 20*time.Hour || last > 25*time.Hour {
		t.Errorf("after a year of the same limit it is tried every %s, want once a day: %v", last, trials)
	}
}

// One call every twenty seconds and now and then three at once, under a server that gives one in seven seconds: answers to calls
// that did not wait for the rate say nothing about it, so it stays below what was too much.
func TestARateThatIsNotUsedUpStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{PerSecond: 10, Burst: 1}.withDefaults())
		var refused []time.Duration
		start, level, last := time.Now(), 1.0, time.Now() // of the server's bucket of one
		call := func() {
			for {
				waited, err := l.wait(t.Context(), "Pipelines", PriorityNewRuns)
				if err != nil {
					t.Error(err)
					return
				}
				now := time.Now()
				level, last = min(1, level+now.Sub(last).Seconds()/7), now
				if level >= 1-1e-9 {
					level--
					l.succeeded("Pipelines", waited)
					return
				}
				refused = append(refused, now.Sub(start))
				l.throttled("Pipelines", 3*time.Second)
			}
		}
		for turn := range 360 {
			var wg sync.WaitGroup
			for range 1 + 2*(turn%6/5) {
				wg.Go(call)
			}
			wg.Wait()
			time.Sleep(20*time.Second - time.Since(start)%(20*time.Second))
		}
		late := slices.DeleteFunc(slices.Clone(refused), func(d time.Duration) bool { return d < 15*time.Minute })
		if len(refused) < 5 || len(late) > 3 {
			t.Errorf("%d calls of 480 were refused, %d of them after a quarter of an hour: %v", len(refused), len(late), refused)
		}
	})
}

func TestPauseHoldsOneAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{PerSecond: 1000}.withDefaults())
		l.throttled("Pipelines", 30*time.Second)
		l.throttled("Pipelines", time.Second) // does not shorten it
		start := time.Now()
		if _, err := l.wait(t.Context(), "RunDetail", PriorityOpenRuns); err != nil || time.Since(start) != 0 {
			t.Errorf("another API waited %s, %v", time.Since(start), err)
		}
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				if _, err := l.wait(t.Context(), "Pipelines", PriorityOpenRuns); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		// At half the rate, the burst of 100 leaves at once and the others follow.
		if got := time.Since(start); got < 30200*time.Millisecond || got > 30300*time.Millisecond {
			t.Errorf("200 calls were through after %s, want 30.2s", got)
		}
	})
}

func TestWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{PerSecond: 0.01, Burst: 1}.withDefaults())
		if _, err := l.wait(t.Context(), "Pipelines", PriorityOpenRuns); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := l.wait(ctx, "Pipelines", PriorityOpenRuns); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		if _, err := l.wait(ctx, "Pipelines", PriorityOpenRuns); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v, want the cancellation", err)
		}
	})
}

// The rates as seen by whoever asks, after a throttled answer and over time.
func TestClientAdaptsItsRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := (&script{}).add(500, `{"error_code":"COCT.0070003","error_msg":"Frequent access. Please wait."}`).add(200, `[]`)
		c := newTestClient(t, keyOptions(), s.serve)
		if _, err := c.PipelineGroups(t.Context(), project); err != nil {
			t.Fatal(err)
		}
		if got := present(c, "PipelineGroups"); got != 500 {
			t.Errorf("rate after a throttled answer is %v, want 500", got)
		}
		time.Sleep(raiseEvery)
		if _, err := c.PipelineGroups(t.Context(), project); err != nil {
			t.Fatal(err)
		}
		if got := present(c, "PipelineGroups"); got != 500 {
			t.Errorf("rate 10 seconds later is %v, although nobody waited for it", got)
		}
		var wg sync.WaitGroup
		for range 200 { // the burst is 50
			wg.Go(func() {
				if _, err := c.PipelineGroups(t.Context(), project); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := present(c, "PipelineGroups"); got != 550 {
			t.Errorf("rate 10 seconds later is %v, want 550", got)
		}
	})
}

// present is the rate of an API.
func present(c *Client, api string) float64 {
	for _, b := range c.Budgets() {
		if b.API == api {
			return b.Present
		}
	}
	return 0
}
