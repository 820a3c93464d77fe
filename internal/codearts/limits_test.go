package codearts

import (
	"context"
	"errors"
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
							if err := l.wait(t.Context(), api); err != nil {
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
	synctest.Test(t, func(t *testing.T) {
		b := newLimiter(Limits{PerSecond: 8}.withDefaults()).of("Pipelines")
		rate := func(want float64) {
			t.Helper()
			if got := float64(b.lim.Limit()); got < want-1e-9 || got > want+1e-9 {
				t.Fatalf("rate is %v, want %v", got, want)
			}
		}
		for range 16 { // a volley counts once
			b.throttled(0)
		}
		rate(4)
		time.Sleep(2 * time.Second)
		b.throttled(0)
		rate(2)
		b.succeeded() // too early
		rate(2)
		time.Sleep(raiseEvery)
		b.succeeded()
		b.succeeded()
		rate(2.4)
		for range 20 {
			time.Sleep(raiseEvery)
			b.succeeded()
		}
		rate(8)
		for range 20 {
			time.Sleep(2 * time.Second)
			b.throttled(0)
		}
		rate(0.1)
	})
}

func TestPauseHoldsOneAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{PerSecond: 1000}.withDefaults())
		l.of("Pipelines").throttled(30 * time.Second)
		l.of("Pipelines").throttled(time.Second) // does not shorten it
		start := time.Now()
		if err := l.wait(t.Context(), "RunDetail"); err != nil || time.Since(start) != 0 {
			t.Errorf("another API waited %s, %v", time.Since(start), err)
		}
		var wg sync.WaitGroup
		for range 200 {
			wg.Go(func() {
				if err := l.wait(t.Context(), "Pipelines"); err != nil {
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
		if err := l.wait(t.Context(), "Pipelines"); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := l.wait(ctx, "Pipelines"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v, want the deadline", err)
		}
		ctx, stop := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, stop)
		if err := l.wait(ctx, "Pipelines"); !errors.Is(err, context.Canceled) {
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
		if got := c.Rates()["PipelineGroups"]; got != 500 {
			t.Errorf("rate after a throttled answer is %v, want 500", got)
		}
		time.Sleep(raiseEvery)
		if _, err := c.PipelineGroups(t.Context(), project); err != nil {
			t.Fatal(err)
		}
		if got := c.Rates()["PipelineGroups"]; got != 550 {
			t.Errorf("rate 10 seconds later is %v, want 550", got)
		}
	})
}
