package pollers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream/streamtest"
)

func record(t *testing.T, r events.Record) (p events.PollRecord) {
	t.Helper()
	if err := json.Unmarshal(r.Body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// TestRandomRounds runs many short lives of one scope: two collectors without any lease, on one log that loses requests
// and replies and delivers some late, over a world whose entities go from A to B and back. Every life has to keep I1 to I4
// all the time, and I5 when the world has come to rest.
func TestRandomRounds(t *testing.T) {
	lives := 3000
	if testing.Short() {
		lives = 300
	}
	var total tally
	for seed := range lives {
		l := newLife(t, uint64(seed))
		l.live()
		total.add(l.tally)
		if t.Failed() {
			t.Fatalf("seed %d failed", seed)
		}
	}
	t.Logf("%d lives: %+v", lives, total)
	for what, n := range map[string]int{"rounds": total.rounds, "events": total.events, "superseded": total.superseded, "lost requests": total.lostRequests, "lost replies": total.lostReplies, "late": total.late, "late and refused": total.lateRefused, "restarts": total.restarts, "zombies": total.zombies, "failed restores": total.unread, "checkpoints": total.checkpoints, "lost checkpoints": total.lostCheckpoints, "restores by checkpoint": total.byCheckpoint} {
		if n < lives/10 {
			t.Errorf("only %d %s in %d lives: the test has lost its teeth", n, what, lives)
		}
	}
}

type tally struct {
	rounds, events, superseded, lostRequests, lostReplies, late, lateRefused, restarts, zombies, unread, checkpoints, lostCheckpoints, byCheckpoint int
}

func (a *tally) add(b tally) {
	a.rounds += b.rounds
	a.events += b.events
	a.superseded += b.superseded
	a.lostRequests += b.lostRequests
	a.lostReplies += b.lostReplies
	a.late += b.late
	a.lateRefused += b.lateRefused
	a.restarts += b.restarts
	a.zombies += b.zombies
	a.unread += b.unread
	a.checkpoints += b.checkpoints
	a.lostCheckpoints += b.lostCheckpoints
	a.byCheckpoint += b.byCheckpoint
}

// pending is a round that has looked at the world and not written yet.
type pending struct {
	w          *writer
	generation int
	snaps      []events.Snapshot
}

type life struct {
	*testing.T
	rng     *rand.Rand
	log     *streamtest.Memory
	writers []*writer
	world   []int // state of each entity; 0 = not there yet
	clock   time.Time
	faults  bool
	slow    []events.Batch // requests that are still under way
	open    []pending
	kept    []byte // checkpoint
	names   int
	tally
}

func newLife(t *testing.T, seed uint64) *life {
	l := &life{T: t, rng: rand.New(rand.NewPCG(seed, 7)), log: streamtest.NewMemory(), clock: instant, faults: true}
	l.world = make([]int, 1+l.rng.IntN(5))
	l.log.Fault = l.fault
	l.log.Now = func() time.Time { return l.clock }
	l.writers = []*writer{l.writer(), l.writer()}
	return l
}

// writer is a collector's process; a new one remembers nothing. All clocks are the same: skew is TestDiff's.
func (l *life) writer() *writer {
	l.names++
	w := newWriter(l, fmt.Sprint("w", l.names))
	w.now = func() time.Time { return l.clock }
	return w
}

func (l *life) fault(b events.Batch) (bool, error) {
	if !l.faults {
		return false, nil
	}
	switch p := l.rng.IntN(100); {
	case p < 8:
		l.lostRequests++
		return false, events.ErrUnknown
	case p < 16:
		l.lostReplies++
		return true, events.ErrUnknown
	case p < 24:
		l.slow = append(l.slow, b)
		return false, events.ErrUnknown
	}
	return false, nil
}

// Append is the log's.
func (l *life) Append(ctx context.Context, b events.Batch) (uint64, error) {
	return l.log.Append(ctx, b)
}

// Bodies is the log's.
func (l *life) Bodies(ctx context.Context, seqs []uint64) (map[uint64][]byte, error) {
	return l.log.Bodies(ctx, seqs)
}

// Restore is the log's, and fails at times; slow requests arrive right after it.
func (l *life) Restore(ctx context.Context, tenant, scope string) (events.ScopeState, error) {
	if l.faults && l.rng.IntN(20) == 0 {
		l.unread++
		return events.ScopeState{}, errors.New("the server is away")
	}
	st, err := l.log.Restore(ctx, tenant, scope)
	l.sameInFull(st)
	if l.rng.IntN(2) == 0 {
		l.arrive()
	}
	return st, err
}

// sameInFull compares a restore with one without the checkpoint.
func (l *life) sameInFull(st events.ScopeState) {
	if len(l.kept) == 0 {
		return
	}
	if err := l.log.Keep(context.Background(), "acme", "s1", nil); err != nil {
		l.Fatal(err)
	}
	full, err := l.log.Restore(context.Background(), "acme", "s1")
	if err != nil || !streamtest.Equal(st, full) {
		l.Errorf("by the checkpoint %+v\nin full %+v, %v", st, full, err)
	}
	if err := l.log.Keep(context.Background(), "acme", "s1", l.kept); err != nil {
		l.Fatal(err)
	}
	l.byCheckpoint++
}

// Keep is the log's, and fails at times, before the checkpoint is there or after.
func (l *life) Keep(ctx context.Context, tenant, scope string, checkpoint []byte) error {
	p := 0
	if l.faults {
		p = l.rng.IntN(4)
	}
	if p < 3 {
		l.kept = checkpoint
		if err := l.log.Keep(ctx, tenant, scope, checkpoint); err != nil {
			return err
		}
	}
	if p > 1 {
		l.lostCheckpoints++
		return errors.New("the reply was lost")
	}
	return nil
}

func (l *life) live() {
	for range 20 + l.rng.IntN(40) {
		l.clock = l.clock.Add(time.Duration(1+l.rng.IntN(20_000)) * time.Millisecond)
		switch l.rng.IntN(10) {
		case 0, 1, 2: // the world moves among few states, so that A -> B -> A is common
			l.world[l.rng.IntN(len(l.world))] = 1 + l.rng.IntN(2)
		case 3, 4, 5:
			l.look()
		case 6, 7:
			l.write()
		case 8:
			l.arrive()
		case 9:
			if l.rng.IntN(3) == 0 {
				l.writers[l.rng.IntN(2)] = l.writer()
				l.restarts++
			}
		}
	}
	for len(l.open) > 0 {
		l.write()
	}
	l.rest()
}

// look begins a round and sees some of the world.
func (l *life) look() {
	w := l.writers[l.rng.IntN(2)]
	generation, err := w.begin(l.Context())
	if err != nil {
		return
	}
	l.open = append(l.open, pending{w, generation, l.see(l.rng.IntN(3) > 0)})
}

func (l *life) see(all bool) []events.Snapshot {
	var states []string
	for i, state := range l.world {
		if state > 0 && (all || l.rng.IntN(2) == 0) {
			states = append(states, fmt.Sprintf("e%d=%d", i, state))
		}
	}
	return snaps(l.clock, states...)
}

// write ends one of the open rounds, not always the oldest, however long ago it has looked.
func (l *life) write() {
	if len(l.open) == 0 {
		return
	}
	i := l.rng.IntN(len(l.open))
	p := l.open[i]
	l.open = slices.Delete(l.open, i, i+1)
	if !slices.Contains(l.writers, p.w) {
		l.zombies++ // its process was thought dead
	}
	n, err := p.w.write(l.Context(), p.generation, p.snaps, nil, swept, l.rng.IntN(4) > 0)
	l.rounds++
	l.events += n
	if err != nil {
		l.superseded++
	}
	if p.w.state.PollSeq > 0 && l.rng.IntN(3) == 0 { // whatever it believes, also a process that was thought dead
		p.w.keep(l.Context())
		l.checkpoints++
	}
}

// arrive delivers a slow request.
func (l *life) arrive() {
	if len(l.slow) == 0 {
		return
	}
	i := l.rng.IntN(len(l.slow))
	if _, err := l.log.Commit(l.slow[i]); err == nil {
		l.late++
	} else {
		l.lateRefused++
	}
	l.slow = slices.Delete(l.slow, i, i+1)
}

// rest lets one collector sweep the whole world in peace, and checks.
func (l *life) rest() {
	l.faults = false
	for len(l.slow) > 0 {
		l.arrive()
	}
	w := l.writers[l.rng.IntN(2)]
	for try := 0; ; try++ {
		l.clock = l.clock.Add(time.Minute)
		generation, err := w.begin(l.Context())
		if err == nil {
			_, err = w.write(l.Context(), generation, l.see(true), nil, swept, true)
		}
		if err == nil {
			break
		}
		if try == 1 { // the first may find that it was superseded before
			l.Errorf("a sweep in peace: %v", err)
			return
		}
	}
	for _, err := range events.Check(l.log.Records(), true) {
		l.Error(err)
	}
	st, err := l.log.Restore(l.Context(), "acme", "s1")
	if err != nil {
		l.Fatal(err)
	}
	for i, state := range l.world {
		h, known := st.Heads.Get(events.EntityID{Kind: events.Pipeline, ID: fmt.Sprint("e", i)})
		if known != (state > 0) || known && h.Mark.Status != fmt.Sprint(state) {
			l.Errorf("entity %d is in state %d, the log says %+v", i, state, h)
		}
	}
	w.remembers(l.T, l.log)
	l.sameInFull(st)
}
