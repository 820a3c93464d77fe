package stream

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"artery/internal/events"
)

// gatherMost bounds the scopes of one pass: before the first message comes the server looks for the last one of each of their
// subjects. gatherPasses is how many go on at once: while one waits for that, the other one's messages come. gatherTime is how
// long the first pass waits for others to come: a collector that starts asks for all of its scopes within a moment.
const (
	gatherMost, gatherPasses = 32, 2
	gatherTime               = 10 * time.Millisecond
)

// gatherSpan is how far apart in the log the scopes of a pass may begin: a pass begins with the first of them, and brings of the
// others what they know already.
const gatherSpan = 50_000

// gather lets one pass over the log serve the restores that wait for it. A collector that starts wants every scope at once,
// and all of them stand in the same blocks of the server's files: a pass for each would have the server read and unpack all
// blocks for each. It also bounds what has been received and not looked at yet.
type gather struct {
	read func(ctx context.Context, wanted map[string]*restore)

	mu      sync.Mutex
	waiting []*restore // guarded by mu
	passes  int        // under way; guarded by mu
}

// restore is one scope on its way.
type restore struct {
	scope string          // what its subjects begin with
	after uint64          // st is what the log says up to this sequence; 0 = nothing is known, the last message of each subject is read
	ctx   context.Context // of whoever waits
	done  chan struct{}   // closed when st and err are set
	st    events.ScopeState
	err   error
	most  uint64 // the greatest sequence
}

// of restores a scope by the next pass. After an error of the context r is not the caller's any more.
func (g *gather) of(ctx context.Context, r *restore) (events.ScopeState, error) {
	r.ctx, r.done, r.err = ctx, make(chan struct{}), nil
	g.mu.Lock()
	g.waiting = append(g.waiting, r)
	if g.passes < gatherPasses {
		g.passes++
		go g.pass()
	}
	g.mu.Unlock()
	select {
	case <-r.done:
		return r.st, r.err
	case <-ctx.Done():
		return events.ScopeState{}, ctx.Err()
	}
}

// pass reads what waits until nothing does.
func (g *gather) pass() {
	time.Sleep(gatherTime)
	for {
		wanted := g.next()
		if len(wanted) == 0 {
			return
		}
		ctx, cancel := context.WithCancel(context.Background())
		var left atomic.Int64 // who still waits; without anybody the pass ends
		left.Store(int64(len(wanted)))
		var stops []func() bool
		for _, r := range wanted {
			stops = append(stops, context.AfterFunc(r.ctx, func() {
				if left.Add(-1) == 0 {
					cancel()
				}
			}))
		}
		g.read(ctx, wanted)
		cancel()
		for _, stop := range stops {
			stop()
		}
		for _, r := range wanted {
			close(r.done)
		}
	}
}

// next takes what one pass reads: each scope once, for a state belongs to whoever asked for it, and only what begins where the
// first one does, or near. Without any there is no pass.
func (g *gather) next() map[string]*restore {
	g.mu.Lock()
	defer g.mu.Unlock()
	wanted := map[string]*restore{} // by scope
	var later []*restore
	for _, r := range g.waiting {
		if wanted[r.scope] != nil || len(wanted) == gatherMost || !near(r.after, g.waiting[0].after) {
			later = append(later, r)
			continue
		}
		wanted[r.scope] = r
	}
	if g.waiting = later; len(wanted) == 0 {
		g.passes--
	}
	return wanted
}

// near says whether two scopes may be read in one pass.
func near(a, b uint64) bool {
	return (a == 0) == (b == 0) && max(a, b)-min(a, b) <= gatherSpan
}
