package codearts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

func TestNext(t *testing.T) {
	now := time.Unix(1000, 0)
	later := now.Add(time.Second)
	for _, tt := range []struct {
		name    string
		grant   uint64
		waiting []entrant
		want    int
	}{
		{"nobody", 1, nil, -1},
		{"the smaller priority", 1, []entrant{{PriorityBackfill, 0, now}, {PriorityOpenRuns, 9, now}, {PriorityGaps, 1, now}}, 1},
		{"nobody is ready", 1, []entrant{{PriorityOpenRuns, 0, later}}, -1},
		{"what is not ready holds nobody up", 1, []entrant{{PriorityOpenRuns, 0, later}, {PriorityBackfill, 9, now}}, 1},
		{"of equals the one longer without", 1, []entrant{{PriorityGaps, 3, now}, {PriorityGaps, 2, now}}, 1},
		{"by courtesy the one longest without", courtesy, []entrant{{PriorityOpenRuns, 9, now}, {PriorityBackfill, 3, now}, {PriorityGaps, 4, now}}, 1},
		{"courtesy is for who is ready", courtesy, []entrant{{PriorityOpenRuns, 9, now}, {PriorityBackfill, 3, later}, {PriorityGaps, 4, now}}, 2},
	} {
		if got := next(tt.waiting, tt.grant, now); got != tt.want {
			t.Errorf("%s: %d, want %d", tt.name, got, tt.want)
		}
	}
}

// The bound that the comment of courtesy proves: whoever waits among n entrants is granted at least once in courtesy*n
// grants, whatever the others do. And what it costs: all grants but one in courtesy follow the priorities.
func TestCourtesyBound(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	now := time.Unix(0, 0)
	for n := 1; n <= int(priorities); n++ {
		longest := uint64(0)
		for range 200 {
			since, waits := make([]uint64, n), make([]bool, n)
			came := make([]uint64, n)
			for grant := uint64(1); grant < 300; grant++ {
				var waiting []entrant
				best := -1
				for p := range n {
					// The lowest always waits; the others come and go at random, mostly there.
					if !waits[p] && (p == n-1 || random.IntN(10) > 0) {
						waits[p], since[p], came[p] = true, grant-1, grant-1
					}
					if waits[p] {
						if best < 0 {
							best = p
						}
						waiting = append(waiting, entrant{Priority(p), since[p], now})
					}
				}
				p := int(waiting[next(waiting, grant, now)].priority)
				if p != best && grant%courtesy != 0 {
					t.Fatalf("grant %d went to %v while %v waited", grant, Priority(p), Priority(best))
				}
				longest = max(longest, grant-came[p])
				since[p], came[p], waits[p] = grant, grant, p == n-1 || random.IntN(3) > 0
			}
		}
		if bound := uint64(courtesy * n); longest > bound {
			t.Errorf("one of %d waited for %d grants, want at most %d", n, longest, bound)
		}
	}
}

// granted lets calls wait for l and returns their names in the order of their grants. Each call comes a nanosecond after
// the one before.
func granted(t *testing.T, l *limiter, calls []string, of func(name string) (api string, p Priority)) (order []string) {
	t.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	for _, name := range calls {
		wg.Go(func() {
			api, p := of(name)
			if _, err := l.wait(t.Context(), api, p); err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			order = append(order, name)
		})
		time.Sleep(time.Nanosecond)
	}
	wg.Wait()
	return order
}

func TestPrioritiesOfOneAPI(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{PerSecond: 1, Burst: 1}.withDefaults())
		kinds := map[byte]Priority{'b': PriorityBackfill, 'g': PriorityGaps, 'o': PriorityOpenRuns}
		order := granted(t, l, []string{"b1", "b2", "b3", "b4", "g1", "o1", "g2", "o2", "o3", "o4"}, func(name string) (string, Priority) {
			return "PipelineRuns", kinds[name[0]]
		})
		// b1 finds a token. The fifth and the tenth grant go to who waits longest without one.
		if want := []string{"b1", "o1", "o2", "o3", "g1", "o4", "g2", "b2", "b3", "b4"}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
	})
}

// The budget of the tenant is shared by the same rule, although each API has tokens of its own.
func TestPrioritiesOfTheTenant(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{PerSecond: 100, Tenant: 1, Burst: 1}.withDefaults())
		order := granted(t, l, []string{"b1", "b2", "b3", "g1", "g2", "o1", "o2", "o3"}, func(name string) (string, Priority) {
			switch name[0] {
			case 'b':
				return "RunDetail", PriorityBackfill
			case 'g':
				return "PipelineRuns", PriorityGaps
			}
			return "PipelineStatuses", PriorityOpenRuns
		})
		if want := []string{"b1", "o1", "o2", "o3", "g1", "g2", "b2", "b3"}; !slices.Equal(order, want) {
			t.Errorf("order %v, want %v", order, want)
		}
	})
}

// However much of each priority waits, each goes on, and the highest has most.
func TestEveryPriorityMoves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{PerSecond: 10, Burst: 1}.withDefaults())
		ctx, stop := context.WithTimeout(t.Context(), time.Minute)
		defer stop()
		var wg sync.WaitGroup
		before := runtime.NumGoroutine()
		for p := range priorities {
			for range 100 {
				wg.Go(func() {
					for {
						if _, err := l.wait(ctx, "PipelineRuns", p); err != nil {
							return
						}
					}
				})
			}
		}
		synctest.Wait()
		if n := runtime.NumGoroutine() - before; n > 100*int(priorities) {
			t.Errorf("%d goroutines for %d calls", n, 100*int(priorities))
		}
		wg.Wait()
		b := l.of("PipelineRuns")
		for p := range priorities {
			if want := b.queue.grants/uint64(courtesy*int(priorities)) - 1; b.spent.granted[p] < want {
				t.Errorf("%v had %d of %d grants, want at least %d", p, b.spent.granted[p], b.queue.grants, want)
			}
		}
		if got := b.spent.granted[PriorityFirst]; got < b.queue.grants*7/10 {
			t.Errorf("the highest had %d of %d grants", got, b.queue.grants)
		}
	})
}

// A call that gives up leaves nothing behind: neither its place nor a token.
func TestGivenUpCallsCostNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{PerSecond: 1, Burst: 1}.withDefaults())
		if _, err := l.wait(t.Context(), "RunDetail", PriorityGaps); err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range 1000 {
			wg.Go(func() {
				if _, err := l.wait(ctx, "RunDetail", PriorityOpenRuns); !errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			})
		}
		start := time.Now()
		var took time.Duration
		wg.Go(func() {
			time.Sleep(time.Nanosecond)
			if _, err := l.wait(t.Context(), "RunDetail", PriorityBackfill); err != nil {
				t.Error(err)
			}
			took = time.Since(start)
		})
		time.Sleep(500 * time.Millisecond)
		stop()
		wg.Wait()
		if took != time.Second {
			t.Errorf("the next call had its turn after %s, want 1s", took)
		}
	})
}

// A pause that is known to last longer than the caller's time is not waited for.
func TestDeadlineBeforeThePauseEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimiter(Limits{}.withDefaults())
		l.throttled("RunDetail", time.Minute)
		ctx, stop := context.WithTimeout(t.Context(), 59*time.Second)
		defer stop()
		start := time.Now()
		if _, err := l.wait(ctx, "RunDetail", PriorityGaps); !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 0 {
			t.Errorf("after %s: %v", time.Since(start), err)
		}
	})
}

func TestAs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []Priority
		o := keyOptions()
		o.Observe = func(c Call) { seen = append(seen, c.Priority) }
		c := newTestClient(t, o, (&script{}).add(200, `[]`).serve)
		for _, view := range []*Client{c, c.As(PriorityGaps), c.As(PriorityBackfill).As(PriorityGaps)} {
			if _, err := view.PipelineGroups(t.Context(), project); err != nil {
				t.Fatal(err)
			}
		}
		if want := []Priority{PriorityFirst, PriorityGaps, PriorityGaps}; !slices.Equal(seen, want) {
			t.Errorf("priorities %v, want %v", seen, want)
		}
		if uses := fmt.Sprint(c.Budgets()[1].Uses); uses != "[{first 1 0s 0} {gaps 2 0s 0}]" {
			t.Errorf("uses %s", uses)
		}
	})
}
