package pollers

import (
	"context"
	"time"
)

// Keeper is a Log that keeps checkpoints, so that Restore need not read everything.
type Keeper interface {
	// Keep keeps a checkpoint of a scope (events.ScopeState.AppendCheckpoint) in the place of an older one. An error means
	// nothing but that it may not be there.
	Keep(ctx context.Context, tenant, scope string, checkpoint []byte) error
}

// A scope with few heads, or few messages after its checkpoint, is read faster than it takes to write a checkpoint.
const fewHeads, fewMessages = 2000, 2000

// worthKeeping says whether a checkpoint of a scope is due: of behind messages that a restore would have to read now.
func worthKeeping(behind, heads int) bool {
	return heads > fewHeads && behind > max(fewMessages, heads/8)
}

// keepAgain is how long a scope rests after a checkpoint that could not be written.
const keepAgain = 10 * time.Minute

// keeper writes the checkpoints of a tenant's scopes beside their rounds. It takes one after the other: nothing waits for them.
type keeper struct {
	log Keeper
	due chan *scope // each at most once; a scope for which there is no room asks again after its next round
	one chan struct{}
}

// keeperOf is the keeper of one tenant, nil for a log that keeps nothing. one is shared by all of them: it holds one while a
// checkpoint is made, which takes memory.
func keeperOf(o Options, one chan struct{}) *keeper {
	log, ok := o.Log.(Keeper)
	if !ok {
		return nil
	}
	return &keeper{log: log, due: make(chan *scope, 1000), one: one}
}

// run writes what is due until ctx ends.
func (k *keeper) run(ctx context.Context) error {
	if k == nil {
		return nil
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case s := <-k.due:
			select {
			case <-ctx.Done():
				return nil
			case k.one <- struct{}{}:
			}
			s.keep(ctx)
			<-k.one
		}
	}
}

// upkeep is what a scope knows of its checkpoint.
type upkeep struct {
	behind int       // messages that a restore would read: what came after the checkpoint, or everything
	asked  bool      // it is due, or being written
	rests  time.Time // until then none is written
}

// offer has a checkpoint written if it is worth it.
func (s *scope) offer() {
	if s.keeper == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.upkeep.asked || s.state.PollSeq == 0 || !worthKeeping(s.upkeep.behind, s.state.Heads.Len()) || s.now().Before(s.upkeep.rests) {
		return
	}
	select {
	case s.keeper.due <- s:
		s.upkeep.asked = true
	default:
	}
}

// keep writes a checkpoint. The state is always that of a batch: it changes only as a whole, under mu.
func (s *scope) keep(ctx context.Context) {
	s.mu.RLock()
	behind := s.upkeep.behind
	checkpoint := s.state.AppendCheckpoint(make([]byte, 0, checkpointRoom*s.state.Heads.Len()))
	s.mu.RUnlock()
	err := s.keeper.log.Keep(ctx, s.origin.Tenant, s.origin.Scope, checkpoint)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.upkeep.asked = false
	switch {
	case err == nil:
		s.upkeep.behind = max(0, s.upkeep.behind-behind)
		s.m.checkpoints.WithLabelValues("ok").Inc()
	case ctx.Err() == nil:
		s.upkeep.rests = s.now().Add(keepAgain)
		s.m.checkpoints.WithLabelValues("error").Inc()
		s.slog.Warn("a checkpoint could not be written; the scope is restored without it", "tenant", s.origin.Tenant, "scope", s.origin.Scope, "err", err)
	}
}

// checkpointRoom is about what a head takes in a checkpoint, in bytes.
const checkpointRoom = 48
