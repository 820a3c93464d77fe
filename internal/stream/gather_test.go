package stream

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/events"
)

// passes is a log of which every pass takes a minute, and what each of them has read.
type passes struct {
	mu    sync.Mutex
	read  []int
	ended []error
}

func (p *passes) pass(ctx context.Context, wanted map[string]*restore) {
	select {
	case <-time.After(time.Minute):
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.read, p.ended = append(p.read, len(wanted)), append(p.ended, ctx.Err())
	for scope, r := range wanted {
		r.st.PollID, r.st.Heads = scope, events.NewHeads()
		r.err = ctx.Err()
	}
}

// TestRestoresAreGathered: what waits while one pass goes on is served by the next, each scope by itself.
func TestRestoresAreGathered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p passes
		g := gather{read: p.pass}
		var all sync.WaitGroup
		states := make([]events.ScopeState, 3*gatherMost)
		for i := range states {
			all.Go(func() {
				scope := fmt.Sprint(i)
				if i == 7 {
					scope = "8" // asked for twice
				}
				st, err := g.of(t.Context(), &restore{scope: scope})
				if err != nil || st.PollID != scope {
					t.Errorf("scope %s: %+v, %v", scope, st, err)
				}
				states[i] = st
			})
			synctest.Wait() // it waits, behind those before it
		}
		all.Wait()
		if want := []int{gatherMost, gatherMost, gatherMost}; !slices.Equal(p.read, want) {
			t.Errorf("passes of %v scopes, want %v", p.read, want)
		}
		if states[7].Heads == states[8].Heads {
			t.Error("two who asked for one scope share what they know")
		}
		synctest.Wait()
		if _, err := g.of(t.Context(), &restore{scope: "later"}); err != nil || len(p.read) != 4 {
			t.Errorf("after all of them: %v, %v", p.read, err)
		}
	})
}

// TestAbandonedRestores: who gives up leaves alone, and a pass that nobody waits for ends.
func TestAbandonedRestores(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p passes
		g := gather{read: p.pass}
		ask := func(scope string, patience time.Duration) {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			st, err := g.of(ctx, &restore{scope: scope})
			if patience < time.Minute != errors.Is(err, context.DeadlineExceeded) || err == nil && st.PollID != scope {
				t.Errorf("%s, after %s: %+v, %v", scope, patience, st, err)
			}
		}
		var all sync.WaitGroup
		for i := range gatherPasses {
			all.Go(func() { ask("first", time.Duration(2+i)*time.Second) })
			time.Sleep(2 * gatherTime)
		}
		all.Go(func() { ask("patient", time.Hour) })
		all.Go(func() { ask("impatient", 20*time.Second) })
		all.Wait()
		synctest.Wait()
		if want := []int{1, 1, 2}; !slices.Equal(p.read, want) || p.ended[0] == nil || p.ended[1] == nil || p.ended[2] != nil {
			t.Errorf("passes of %v scopes, want %v; ended early: %v", p.read, want, p.ended)
		}
	})
}
