package pollers

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"artery/internal/events"
)

// Log is the event log as a collector needs it. internal/stream has the real one, streamtest one in memory.
type Log interface {
	// Restore reads what is known of a scope, and proves that it is complete.
	Restore(ctx context.Context, tenant, scope string) (events.ScopeState, error)
	// Append writes a batch, all or nothing, and returns the sequence of its poll record.
	Append(ctx context.Context, b events.Batch) (uint64, error)
	// Bodies reads the bodies of messages by their sequences; those that have expired are not in the answer.
	Bodies(ctx context.Context, seqs []uint64) (map[uint64][]byte, error)
}

// errSuperseded says that another collector wrote to the scope after this round began to look. The round is dropped: its
// observations may be older than what the other wrote. The next round sees whatever still differs.
var errSuperseded = errors.New("another collector wrote to the scope")

// emptyEvery is how often a poller that sees no change says so in the log: freshness is data too. It is a minute, less what
// a schedule of one minute may jitter.
const emptyEvery = 55 * time.Second

// rereads bounds how often one round is compared again after lost replies.
const rereads = 5

// scope is the one writer of a scope in this process: it knows the last state of every entity there, compares, and
// appends. It is safe for concurrent use; rounds are written one at a time.
type scope struct {
	log    Log
	origin events.Origin // PollID and At are set per round
	now    func() time.Time
	newID  func() string
	slog   *slog.Logger
	m      *Metrics
	keeper *keeper // nil: no checkpoints
	// proves has a round written even if nothing differs: others write here all the time, and only an append shows that what
	// it was compared with is still what the log says.
	proves bool

	writing sync.Mutex // held while a round is written or the scope restored
	mu      sync.RWMutex
	// mu guards what follows; it is written only with writing held as well.
	state      events.ScopeState
	runs       *runs            // of state
	ready      bool             // state is that of the log, as far as we know
	generation int              // rises when state was read anew because somebody else wrote
	doubts     map[string]doubt // by run
	upkeep     upkeep

	said map[string]time.Time // last record of each poller with the facts of its sweep; guarded by writing

	listing   sync.Mutex                    // not mu, which is held while what a list lacks is judged
	preferred map[string]bool               // runs whose details come before those of the others; guarded by listing
	elsewhere map[events.EntityID]time.Time // when the list of another project last showed an entity of this scope; guarded by listing
}

func newScope(o Options, t *Tenant, name string) *scope {
	return &scope{
		log: o.Log, now: o.Now, newID: o.NewID, slog: o.Slog, m: o.Metrics,
		origin: events.Origin{Tenant: t.Name, Region: t.Region, Scope: name, Zone: t.Zone},
		said:   map[string]time.Time{}, doubts: map[string]doubt{}, elsewhere: map[events.EntityID]time.Time{}, preferred: map[string]bool{},
		runs: indexRuns(nil),
	}
}

// begin makes sure that the scope's state is known before a round looks at CodeArts, and returns the generation that the
// round has to give when it writes.
func (s *scope) begin(ctx context.Context) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	if s.ready {
		return s.generation, nil
	}
	st, err := s.log.Restore(ctx, s.origin.Tenant, s.origin.Scope)
	if err != nil {
		return 0, err
	}
	s.set(st, true)
	s.offer()
	return s.generation, nil
}

func (s *scope) set(st events.ScopeState, newGeneration bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.runs, s.ready, s.upkeep.behind = st, indexRuns(st.Heads), true, st.Read
	for run, d := range s.doubts {
		if head, known := st.Heads.Get(events.EntityID{Kind: events.Run, ID: run}); known {
			s.runs.doubt(run, head, d.mark)
		}
	}
	if newGeneration {
		s.generation++
	}
}

// Known is what is known of a scope at one moment.
type Known struct {
	heads *events.Heads
	runs  *runs
}

// Of iterates over the entities of a kind that are there.
func (k Known) Of(kind events.Kind) iter.Seq2[string, events.Head] {
	return func(yield func(string, events.Head) bool) {
		for id, h := range k.heads.Of(kind) {
			if !h.Op.Gone() && !yield(id, h) {
				return
			}
		}
	}
}

// Head is what is known of one entity that is there.
func (k Known) Head(kind events.Kind, id string) (events.Head, bool) {
	h, ok := k.heads.Get(events.EntityID{Kind: kind, ID: id})
	return h, ok && !h.Op.Gone()
}

// look shows f what is known. Nothing is written meanwhile, so f must neither write to the scope nor look again.
func (s *scope) look(f func(Known)) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	f(Known{s.state.Heads, s.runs})
}

// listElsewhere notes that the list of another project has shown an entity of this scope, listedElsewhere says when the last
// one was asked for that did.
func (s *scope) listElsewhere(kind events.Kind, id string, asked time.Time) {
	s.listing.Lock()
	defer s.listing.Unlock()
	s.elsewhere[events.EntityID{Kind: kind, ID: id}] = asked
}

func (s *scope) listedElsewhere(kind events.Kind, id string) time.Time {
	s.listing.Lock()
	defer s.listing.Unlock()
	return s.elsewhere[events.EntityID{Kind: kind, ID: id}]
}

// write compares a round with what is known and appends the differences, then what it proves to be gone. It returns how many
// events were written. The order is the safety: append first, believe afterwards; after a lost reply believe nothing and read
// again.
func (s *scope) write(ctx context.Context, generation int, snaps []events.Snapshot, absent []events.Absence, sweep events.Sweep, last bool) (int, error) {
	s.writing.Lock()
	defer s.writing.Unlock()
	o := s.origin
	o.PollID, o.At = s.newID(), s.now()
	written := 0
	for try := 0; ; try++ {
		if !s.ready || generation != s.generation {
			s.m.superseded.Inc()
			return written, errSuperseded
		}
		n, lost, err := s.writeParts(ctx, o, snaps, absent, sweep, last)
		written += n
		switch {
		case err == nil:
			return written, nil
		case errors.Is(err, events.ErrStale):
			s.forget()
			s.m.superseded.Inc()
			return written, errSuperseded
		case !errors.Is(err, events.ErrUnknown) || try == rereads:
			s.forget()
			return written, err
		}
		s.m.unknownOutcomes.Inc()
		s.slog.Warn("the reply to an append was lost, reading the scope again", "tenant", o.Tenant, "scope", o.Scope, "poller", sweep.Poller, "err", err)
		n, err = s.reread(ctx, lost)
		written += n
		if err != nil {
			return written, err
		}
	}
}

// reread decides the unknown outcome of a batch by the last poll record: ours means committed; the one that we expected
// means not committed (and should it commit late, the next append is refused); anybody else's ends the round. It returns
// how many events were committed.
func (s *scope) reread(ctx context.Context, lost events.Batch) (int, error) {
	st, err := s.log.Restore(ctx, s.origin.Tenant, s.origin.Scope)
	if err != nil {
		s.forget()
		return 0, fmt.Errorf("reading the scope after a lost reply: %w", err)
	}
	switch {
	case st.PollSeq == lost.Record.PrevPollSeq:
		s.set(st, false)
		return 0, nil
	case st.PollID == lost.Record.PollID:
		s.set(st, false)
		s.written(lost)
		return len(lost.Events), nil
	}
	s.set(st, true)
	return 0, nil
}

// forget makes the next round restore the scope before it looks.
func (s *scope) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.ready = false
}

// writeParts appends the round as a chain of batches. Only the last part of the last hand-over carries the facts; that the
// sweep is complete stands in every part that says what is gone, because it is the proof. With an error it returns the batch
// that failed.
func (s *scope) writeParts(ctx context.Context, o events.Origin, snaps []events.Snapshot, absent []events.Absence, sweep events.Sweep, last bool) (int, events.Batch, error) {
	evs, prev := s.diff(o, snaps)
	gone, before, err := s.gone(ctx, o, absent, evs)
	if err != nil {
		return 0, events.Batch{}, err
	}
	evs, prev = append(evs, gone...), append(prev, before...)
	if len(evs) == 0 && !s.proves && (!last || o.At.Sub(s.said[sweep.Poller]) < emptyEvery) {
		return 0, events.Batch{}, nil
	}
	done, sizes := 0, events.Cut(evs)
	for part, n := range sizes {
		record := events.PollRecord{PollID: o.PollID, PrevPollSeq: s.state.PollSeq, Part: part, Last: last && part == len(sizes)-1, Version: s.m.Version}
		switch record.Sweep = (events.Sweep{Poller: sweep.Poller, Kinds: sweep.Kinds}); {
		case record.Last:
			record.Sweep = sweep
		case done+n > len(evs)-len(gone):
			record.Complete, record.Total, record.Confirmed = sweep.Complete, sweep.Total, sweep.Confirmed
		}
		batch := events.Batch{Origin: o, Record: record, Events: evs[done : done+n], Prev: prev[done : done+n]}
		seq, err := s.log.Append(ctx, batch)
		if err != nil {
			return done, batch, err
		}
		s.applied(seq, batch)
		s.written(batch)
		s.offer()
		done += n
	}
	return done, events.Batch{}, nil
}

// diff compares each entity once; of two snapshots of one entity the one counts that was asked for later, or else came later:
// of calls side by side the older answer may come last.
func (s *scope) diff(o events.Origin, snaps []events.Snapshot) (evs []events.Event, prev []uint64) {
	at := map[events.EntityID]int{} // of the entities that a snapshot may change: few of many
	for i, snap := range snaps {
		id := events.EntityID{Kind: snap.Kind, ID: snap.ID}
		if before, listed := at[id]; listed && !snap.At.Before(snaps[before].At) || !listed && !s.same(id, snap) {
			at[id] = i
		}
	}
	for _, i := range slices.Sorted(maps.Values(at)) {
		snap := snaps[i]
		head, known := s.state.Heads.Get(events.EntityID{Kind: snap.Kind, ID: snap.ID})
		if s.doubted(head, snap, o) {
			continue
		}
		if e, changed := events.Diff(head, known, snap, o); changed {
			evs, prev = append(evs, e), append(prev, head.Seq)
		}
	}
	return evs, prev
}

// same says whether a snapshot changes nothing: neither what is known of its entity, nor a doubt about it.
func (s *scope) same(id events.EntityID, snap events.Snapshot) bool {
	if _, doubted := s.doubts[snap.ID]; doubted {
		return false
	}
	head, known := s.state.Heads.Get(id)
	return known && head.Hash == snap.Hash && !head.Op.Gone()
}

// gone makes the events of what is gone, each with the last body of its entity, which the log has. What has changed since it
// was judged is not gone, also by an event of this round: a list that shifted was walked twice, and shown first what it lacked then.
// What the log itself has forgotten by now is not known any more.
func (s *scope) gone(ctx context.Context, o events.Origin, absent []events.Absence, round []events.Event) (evs []events.Event, prev []uint64, err error) {
	changed := map[events.EntityID]bool{}
	for _, e := range round {
		changed[events.EntityID{Kind: e.Key.Kind, ID: e.Key.ID}] = true
	}
	var seqs []uint64
	for _, a := range absent {
		if head, _ := s.state.Heads.Get(a.Entity); head.Seq == a.Seq && !changed[a.Entity] {
			seqs = append(seqs, a.Seq)
		}
	}
	if len(seqs) == 0 {
		return nil, nil, nil
	}
	bodies, err := s.log.Bodies(ctx, seqs)
	if err != nil {
		return nil, nil, err
	}
	for _, a := range absent {
		body, ok := bodies[a.Seq]
		if !ok {
			continue
		}
		head, _ := s.state.Heads.Get(a.Entity)
		if e, ok := events.Gone(head, a, body, o); ok {
			evs, prev = append(evs, e), append(prev, a.Seq)
		}
	}
	return evs, prev, nil
}

// applied moves what is known to what the log now holds.
func (s *scope) applied(pollSeq uint64, b events.Batch) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state.PollSeq, s.state.PollID, s.state.N = pollSeq, b.Record.PollID, uint64(len(b.Events))
	s.upkeep.behind += 1 + len(b.Events)
	for i, e := range b.Events {
		id, head := events.EntityID{Kind: e.Key.Kind, ID: e.Key.ID}, e.Head(pollSeq+1+uint64(i))
		s.state.Heads.Set(id, head)
		s.runs.follow(s.state.Heads, id, head)
		if e.Key.Kind == events.Run {
			delete(s.doubts, e.Key.ID)
		}
	}
}

// written counts a batch that the log holds.
func (s *scope) written(b events.Batch) {
	if b.Record.Last {
		s.said[b.Record.Poller] = b.Origin.At
	}
	for _, e := range b.Events {
		s.m.events.WithLabelValues(b.Origin.Tenant, string(e.Key.Kind), string(e.Op)).Inc()
	}
}
