package streamtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"artery/internal/events"
)

// Log is what a log has to offer for the conformance tests.
type Log interface {
	Restore(ctx context.Context, tenant, scope string) (events.ScopeState, error)
	Append(ctx context.Context, b events.Batch) (uint64, error)
	Keep(ctx context.Context, tenant, scope string, checkpoint []byte) error
	Bodies(ctx context.Context, seqs []uint64) (map[uint64][]byte, error)
	Replay(ctx context.Context, from, to uint64, f func(events.Record) error) error
}

// instant is when the events of these tests were observed.
var instant = time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)

// Batch makes a batch for a scope in the given state: one event for each entity of changes, "kind/id" to its state. Entities
// are in the order of their names.
func Batch(st events.ScopeState, tenant, scope, pollID string, changes map[string]string) events.Batch {
	b := events.Batch{
		Origin: events.Origin{Tenant: tenant, Region: "eu-west-101", Scope: scope, PollID: pollID, Zone: "+08:00", At: instant},
		Record: events.PollRecord{PollID: pollID, PrevPollSeq: st.PollSeq, Last: true, Sweep: events.Sweep{Poller: "test"}},
	}
	for _, name := range slices.Sorted(maps.Keys(changes)) {
		kind, id, _ := strings.Cut(name, "/")
		body := fmt.Sprintf(`{"state":%q}`, changes[name])
		snap, err := events.NewSnapshot(events.Kind(kind), id, []byte(body), events.Mark{Parent: "parent", Status: changes[name][:min(3, len(changes[name]))]}, instant)
		if err != nil {
			panic(err) // the test's own data
		}
		head, known := st.Heads.Get(events.EntityID{Kind: snap.Kind, ID: id})
		if e, changed := events.Diff(head, known, snap, b.Origin); changed {
			b.Events, b.Prev = append(b.Events, e), append(b.Prev, head.Seq)
		}
	}
	b.Record.N = len(b.Events)
	return b
}

// Apply moves a scope's state to what it is after a batch that was written at seq.
func Apply(st *events.ScopeState, b events.Batch, seq uint64) {
	st.PollSeq, st.PollID, st.N = seq, b.Record.PollID, uint64(len(b.Events))
	if st.Heads == nil {
		st.Heads = events.NewHeads()
	}
	for i, e := range b.Events {
		st.Heads.Set(events.EntityID{Kind: e.Key.Kind, ID: e.Key.ID}, e.Head(seq+1+uint64(i)))
	}
}

// Records reads a whole log.
func Records(t testing.TB, log Log) (out []events.Record) {
	t.Helper()
	err := log.Replay(t.Context(), 1, math.MaxUint64, func(r events.Record) error {
		out = append(out, r)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// logTest is one conformance test with what most of them need.
type logTest struct {
	*testing.T
	log Log
}

// TestLog is the conformance suite of a log. newLog makes an empty one.
func TestLog(t *testing.T, newLog func(t *testing.T) Log) {
	for _, c := range []struct {
		name string
		test func(logTest)
	}{
		{"cold start", logTest.coldStart},
		{"append then restore", logTest.appendRestore},
		{"stale append", logTest.stale},
		{"chain of batches", logTest.chain},
		{"largest batch", logTest.largest},
		{"four megabytes", logTest.fourMegabytes},
		{"records as written", logTest.asWritten},
		{"odd names", logTest.oddNames},
		{"scopes apart", logTest.scopesApart},
		{"many writers", logTest.manyWriters},
		{"restore while writing", logTest.restoreWhileWriting},
		{"restore by checkpoint", logTest.byCheckpoint},
		{"checkpoints that do not fit", logTest.unfitCheckpoints},
		{"replay", logTest.replay},
		{"bodies", logTest.bodies},
		{"ended context", logTest.endedContext},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(logTest{t, newLog(t)}) })
	}
}

func (t logTest) restore(tenant, scope string) events.ScopeState {
	t.Helper()
	st, err := t.log.Restore(t.Context(), tenant, scope)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// append writes a round and moves st to what must be restored afterwards.
func (t logTest) append(st *events.ScopeState, tenant, scope, pollID string, changes map[string]string) events.Batch {
	t.Helper()
	b := Batch(*st, tenant, scope, pollID, changes)
	seq, err := t.log.Append(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	Apply(st, b, seq)
	return b
}

// Equal says whether two restores give the same, however much each of them has read.
func Equal(a, b events.ScopeState) bool {
	return a.PollSeq == b.PollSeq && a.PollID == b.PollID && a.N == b.N && maps.Equal(maps.Collect(a.Heads.All()), maps.Collect(b.Heads.All()))
}

func (t logTest) same(got, want events.ScopeState) {
	t.Helper()
	if !Equal(got, want) {
		t.Errorf("restored %+v\nwant %+v", got, want)
	}
}

func (t logTest) holds(records int) {
	t.Helper()
	all := Records(t, t.log)
	if len(all) != records {
		t.Errorf("the log holds %d records, want %d", len(all), records)
	}
	for _, err := range events.Check(all, true) {
		t.Error(err)
	}
}

func (t logTest) coldStart() {
	st := t.restore("acme", "s1")
	if st.PollSeq != 0 || st.PollID != "" || st.Heads.Len() != 0 || st.Heads == nil {
		t.Errorf("an empty log restores to %+v", st)
	}
	t.holds(0)
}

func (t logTest) appendRestore() {
	var st events.ScopeState
	t.append(&st, "acme", "s1", "p1", map[string]string{"pipeline/a": "1", "run/a": "1", "gate/check.review-data": "1"})
	t.same(t.restore("acme", "s1"), st)
	t.append(&st, "acme", "s1", "p2", map[string]string{"run/a": "2", "run/b": "1"})
	t.append(&st, "acme", "s1", "p3", nil)
	t.append(&st, "acme", "s1", "p4", map[string]string{"run/a": "1"})
	t.same(t.restore("acme", "s1"), st)
	t.holds(10)
}

func (t logTest) bodies() {
	var st events.ScopeState
	t.append(&st, "acme", "s1", "p1", map[string]string{"pipeline/a": "1", "pipeline/b": "1"})
	seq := func(id string) uint64 {
		h, _ := st.Heads.Get(events.EntityID{Kind: events.Pipeline, ID: id})
		return h.Seq
	}
	old := seq("a")
	t.append(&st, "acme", "s1", "p2", map[string]string{"pipeline/a": "2"})
	a, b := seq("a"), seq("b")
	got, err := t.log.Bodies(t.Context(), []uint64{a, b, old, 1000})
	if err != nil {
		t.Fatal(err)
	}
	want := map[uint64][]byte{old: []byte(`{"state":"1"}`), a: []byte(`{"state":"2"}`), b: []byte(`{"state":"1"}`)}
	if !maps.EqualFunc(got, want, bytes.Equal) {
		t.Errorf("bodies %v, want %v: a message that is not there has none", got, want)
	}
	if got, err = t.log.Bodies(t.Context(), nil); err != nil || len(got) != 0 {
		t.Errorf("of nothing: %v, %v", got, err)
	}
}

func (t logTest) stale() {
	var st events.ScopeState
	t.append(&st, "acme", "s1", "p1", map[string]string{"run/a": "1"})
	before := st
	before.Heads = events.NewHeads()
	for id, head := range st.Heads.All() {
		before.Heads.Set(id, head)
	}
	t.append(&st, "acme", "s1", "p2", map[string]string{"run/a": "2"})
	for _, prev := range []uint64{0, before.PollSeq, st.PollSeq + 1, st.PollSeq + 1000} {
		for _, changes := range []map[string]string{nil, {"run/z": "1"}, {"run/a": "3", "run/y": "1", "run/z": "1"}} {
			b := Batch(before, "acme", "s1", "p3", changes)
			b.Record.PrevPollSeq = prev
			if _, err := t.log.Append(t.Context(), b); !errors.Is(err, events.ErrStale) || errors.Is(err, events.ErrUnknown) {
				t.Errorf("append of %d events after %d, the last poll record is %d: %v, want ErrStale", len(b.Events), prev, st.PollSeq, err)
			}
		}
	}
	t.same(t.restore("acme", "s1"), st)
	t.holds(4)
	t.append(&st, "acme", "s1", "p4", map[string]string{"run/a": "3"}) // the scope is not blocked
	t.same(t.restore("acme", "s1"), st)
}

func (t logTest) chain() {
	var st events.ScopeState
	for part := range 20 {
		b := Batch(st, "acme", "s1", "p1", map[string]string{fmt.Sprintf("run/%d", part%7): fmt.Sprint(part), "pipeline/x": fmt.Sprint(part)})
		b.Record.Part, b.Record.Last = part, part == 19
		seq, err := t.log.Append(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		Apply(&st, b, seq)
	}
	t.same(t.restore("acme", "s1"), st)
	t.holds(60)
}

func (t logTest) largest() {
	var st events.ScopeState
	changes := map[string]string{}
	for i := range events.MaxBatchEvents {
		changes[fmt.Sprintf("run/%d", i)] = "1"
	}
	t.append(&st, "acme", "s1", "p1", changes)
	t.same(t.restore("acme", "s1"), st)
	changes["run/one-more"] = "1"
	b := Batch(events.ScopeState{PollSeq: st.PollSeq}, "acme", "s1", "p2", changes)
	if _, err := t.log.Append(t.Context(), b); err == nil || errors.Is(err, events.ErrStale) || errors.Is(err, events.ErrUnknown) {
		t.Errorf("append of %d events: %v, want a refusal", len(b.Events), err)
	}
	t.same(t.restore("acme", "s1"), st)
	t.holds(1 + events.MaxBatchEvents)
}

func (t logTest) fourMegabytes() {
	var st events.ScopeState
	changes := map[string]string{}
	for i := range 8 {
		changes[fmt.Sprintf("run_detail/%d", i)] = strings.Repeat("x", events.MaxBody-2048)
	}
	b := t.append(&st, "acme", "s1", "p1", changes)
	t.same(t.restore("acme", "s1"), st)
	for i, r := range Records(t, t.log)[1:] {
		if !bytes.Equal(r.Body, b.Events[i].Body) {
			t.Errorf("the body of message %d has %d bytes, not the %d that were written", r.Seq, len(r.Body), len(b.Events[i].Body))
		}
	}
}

// asWritten compares every header but those of the transport, and the body.
func (t logTest) asWritten() {
	var st events.ScopeState
	for i, changes := range []map[string]string{{"pipeline/a": "1", "run/b": "1"}, {"run/b": "2"}} {
		before := st.PollSeq
		b := t.append(&st, "acme", "s1", fmt.Sprint("p", i), changes)
		want := append([]events.Event{b.Record.Event(b.Origin)}, b.Events...)
		prev := append([]uint64{before}, b.Prev...)
		all := Records(t, t.log)
		for j, r := range all[len(all)-len(want):] {
			e := want[j]
			head := maps.Clone(r.Header)
			maps.DeleteFunc(head, func(name string, _ []string) bool { return strings.HasPrefix(name, "Nats-") })
			if !maps.EqualFunc(head, e.Header(b.Origin, prev[j]), slices.Equal) {
				t.Errorf("headers of %s\n got %v\nwant %v", r.Subject, head, e.Header(b.Origin, prev[j]))
			}
			if r.Stream != events.Stream || r.Epoch != 1 || r.Subject != e.Key.Subject() || !bytes.Equal(r.Body, e.Body) || r.StoredAt.IsZero() || r.StoredAt.Location() != time.UTC {
				t.Errorf("record %+v of event %+v", r, e)
			}
		}
	}
}

func (t logTest) oddNames() {
	var st events.ScopeState
	t.append(&st, "a.b *", "s>1", "p 1", map[string]string{"gate/check.review-data": "1", "repository/ ünï > * .": "1"})
	t.same(t.restore("a.b *", "s>1"), st)
}

func (t logTest) scopesApart() {
	scopes := map[[2]string]*events.ScopeState{}
	for _, tenant := range []string{"a", "ab", "a_"} {
		for _, scope := range []string{"s", "s1", events.TenantScope} {
			scopes[[2]string{tenant, scope}] = &events.ScopeState{}
		}
	}
	for round := range 5 {
		for name, st := range scopes {
			t.append(st, name[0], name[1], fmt.Sprint(name, round), map[string]string{"run/x": fmt.Sprint(round), "pipeline/" + name[1]: fmt.Sprint(round / 2)})
		}
	}
	for name, st := range scopes {
		t.same(t.restore(name[0], name[1]), *st)
	}
	t.holds(len(scopes) * (5*2 + 3))
}

// manyWriters lets three scopes be written by two writers each, all at once. A stale append makes a writer read again.
func (t logTest) manyWriters() {
	const writers, scopes, rounds = 2, 3, 15
	var group sync.WaitGroup
	errs := make(chan error, writers*scopes)
	for w := range writers * scopes {
		group.Go(func() {
			scope := fmt.Sprint("s", w%scopes)
			for round := 0; round < rounds; {
				st, err := t.log.Restore(t.Context(), "acme", scope)
				if err == nil {
					_, err = t.log.Append(t.Context(), Batch(st, "acme", scope, fmt.Sprint(w, "-", round), map[string]string{"run/x": fmt.Sprint(w, round), "run/y": "same"}))
				}
				switch {
				case err == nil:
					round++
				case !errors.Is(err, events.ErrStale):
					errs <- err
					return
				}
			}
		})
	}
	group.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	t.holds(scopes * (writers*rounds*2 + 1))
}

// restoreWhileWriting: each round brings all entities into one new state, so whoever sees two states has seen half a round.
func (t logTest) restoreWhileWriting() {
	const entities, rounds = 200, 40
	written := make(chan error, 1)
	go func() {
		var st events.ScopeState
		for round := range rounds {
			changes := map[string]string{}
			for i := range entities {
				changes[fmt.Sprintf("run/%d", i)] = fmt.Sprint(100 + round)
			}
			b := Batch(st, "acme", "s1", fmt.Sprint("p", round), changes)
			seq, err := t.log.Append(t.Context(), b)
			if err != nil {
				written <- err
				return
			}
			Apply(&st, b, seq)
		}
		written <- nil
	}()
	restores := 0
	for done := false; !done; restores++ {
		select {
		case err := <-written:
			if err != nil {
				t.Fatal(err)
			}
			done = true
		default:
		}
		st := t.restore("acme", "s1")
		states := map[string]int{}
		for _, h := range st.Heads.All() {
			states[h.Mark.Status]++
		}
		if len(states) > 1 || st.Heads.Len() != 0 && st.Heads.Len() != entities {
			t.Fatalf("restore %d, up to the poll record %d, sees half a round: %v", restores, st.PollSeq, states)
		}
	}
	t.holds(rounds * (entities + 1))
}

func (t logTest) replay() {
	var st events.ScopeState
	for i := range 5 {
		t.append(&st, "acme", "s1", fmt.Sprint("p", i), map[string]string{"run/x": fmt.Sprint(i)})
	}
	for _, c := range []struct{ from, to, first, last uint64 }{
		{1, 10, 1, 10}, {0, 3, 1, 3}, {4, 4, 4, 4}, {9, math.MaxUint64, 9, 10}, {11, 20, 0, 0}, {5, 4, 0, 0},
	} {
		var got []uint64
		err := t.log.Replay(t.Context(), c.from, c.to, func(r events.Record) error { got = append(got, r.Seq); return nil })
		var want []uint64
		for seq := c.first; seq > 0 && seq <= c.last; seq++ {
			want = append(want, seq)
		}
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("replay from %d to %d: %v, %v; want %v", c.from, c.to, got, err, want)
		}
	}
	stop := errors.New("stop")
	if err := t.log.Replay(t.Context(), 1, 10, func(events.Record) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("the error of the callback became %v", err)
	}
}

func (t logTest) endedContext() {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := t.log.Restore(ctx, "acme", "s1"); !errors.Is(err, context.Canceled) {
		t.Errorf("restore: %v", err)
	}
	if _, err := t.log.Append(ctx, Batch(events.ScopeState{}, "acme", "s1", "p1", nil)); !errors.Is(err, events.ErrUnknown) {
		t.Errorf("append: %v, want ErrUnknown", err)
	}
}
