package pollers

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream/streamtest"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"
)

var instant = time.Date(2026, 3, 4, 6, 0, 0, 0, time.UTC)

// silent swallows logs.
var silent = slog.New(slog.NewTextHandler(io.Discard, nil))

// count reads a counter.
func count(t *testing.T, m prometheus.Metric) float64 {
	t.Helper()
	var out dto.Metric
	if err := m.Write(&out); err != nil {
		t.Fatal(err)
	}
	return out.GetCounter().GetValue() + out.GetGauge().GetValue()
}

// ids are poll ids, unique within a test.
type ids struct {
	name string
	n    atomic.Int64
}

func (i *ids) next() string { return fmt.Sprintf("%s-%d", i.name, i.n.Add(1)) }

// writer is the scope s1 as one collector sees it, on a clock of its own.
type writer struct {
	*scope
	clock time.Time
}

func newWriter(log Log, name string) *writer {
	w := &writer{clock: instant}
	o := Options{
		Log: log, Now: func() time.Time { return w.clock }, NewID: (&ids{name: name}).next, Slog: silent,
		Metrics: NewMetrics(prometheus.NewRegistry(), "test"),
	}
	w.scope = newScope(o, &Tenant{Name: "acme", Region: "eu-west-101", Zone: "+08:00"}, "s1")
	w.keeper = keeperOf(o, make(chan struct{}, 1))
	return w
}

// snaps makes snapshots of pipelines, "id=state", asked for at a time.
func snaps(at time.Time, states ...string) (out []events.Snapshot) {
	for _, s := range states {
		id, state, _ := strings.Cut(s, "=")
		snap, err := events.NewSnapshot(events.Pipeline, id, fmt.Appendf(nil, `{"name":%q}`, state), events.Mark{Status: state}, at)
		if err != nil {
			panic(err)
		}
		out = append(out, snap)
	}
	return out
}

var swept = events.Sweep{Poller: "pipelines", Kinds: []events.Kind{events.Pipeline}, Complete: true, Total: 7}

// round is one whole round: begin, look, write.
func (w *writer) round(ctx context.Context, states ...string) (int, error) {
	generation, err := w.begin(ctx)
	if err != nil {
		return 0, err
	}
	return w.write(ctx, generation, snaps(w.clock, states...), nil, swept, true)
}

// history is what the log says happened, "id op state" in order.
func history(t *testing.T, m *streamtest.Memory) (out []string) {
	t.Helper()
	for _, err := range events.Check(m.Records(), true) {
		t.Error(err)
	}
	for _, r := range m.Records() {
		key, err := events.ParseSubject(r.Subject)
		if err != nil {
			t.Fatal(err)
		}
		head, err := events.ParseHead(r.Seq, r.Header)
		if err != nil {
			t.Fatal(err)
		}
		if key.Kind != events.Poll {
			out = append(out, fmt.Sprintf("%s %s %s", key.ID, head.Op, head.Mark.Status))
		}
	}
	return out
}

func wantHistory(t *testing.T, m *streamtest.Memory, want ...string) {
	t.Helper()
	if got := history(t, m); !slices.Equal(got, want) {
		t.Errorf("the log says %q, want %q", got, want)
	}
}

// remembers compares what the scope knows with what the log restores to.
func (w *writer) remembers(t *testing.T, m *streamtest.Memory) {
	t.Helper()
	st, err := m.Restore(t.Context(), "acme", "s1")
	if err != nil {
		t.Fatal(err)
	}
	if w.ready && (w.state.PollSeq != st.PollSeq || !maps.Equal(maps.Collect(w.state.Heads.All()), maps.Collect(st.Heads.All()))) {
		t.Errorf("memory %+v\nlog    %+v", w.state, st)
	}
}

// TestLostReplies tries every write in both failures, with and without a restart after it: each change is in the log once.
func TestLostReplies(t *testing.T) {
	for _, apply := range []bool{false, true} {
		for failing := 1; failing <= 3; failing++ {
			for _, times := range []int{1, 2, rereads + 1} {
				for _, restart := range []bool{false, true} {
					name := fmt.Sprintf("applied %v, write %d, %d times, restart %v", apply, failing, times, restart)
					t.Run(name, func(t *testing.T) { lostReply(t, apply, failing, times, restart) })
				}
			}
		}
	}
}

func lostReply(t *testing.T, apply bool, failing, times int, restart bool) {
	m := streamtest.NewMemory()
	w := newWriter(m, "a")
	write, failed := 0, 0
	m.Fault = func(events.Batch) (bool, error) {
		if write++; write >= failing && failed < times {
			failed++
			return apply, events.ErrUnknown
		}
		return false, nil
	}
	events := 0
	for i, states := range [][]string{{"x=1", "y=1"}, {"x=2", "y=1"}, {"x=1", "y=2", "z=1"}} {
		w.clock = instant.Add(time.Duration(i) * time.Minute)
		n, err := w.round(t.Context(), states...)
		for err != nil { // the schedule comes again
			w.remembers(t, m)
			if restart {
				w = &writer{scope: newWriter(m, fmt.Sprint("b", i)).scope, clock: w.clock}
			}
			var more int
			more, err = w.round(t.Context(), states...)
			n += more
		}
		events += n
		w.remembers(t, m)
	}
	wantHistory(t, m, "x created 1", "y created 1", "x changed 2", "x changed 1", "y changed 2", "z created 1")
	if events != 6 && !restart {
		t.Errorf("the rounds say that they wrote %d events, want 6", events)
	}
}

// TestLostReplyOfAWholeRound: when the reply to the last part was lost, the facts of the sweep are in the log already.
func TestLostReplyOfAWholeRound(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "a")
	m.Fault = func(b events.Batch) (bool, error) {
		m.Fault = nil
		return true, events.ErrUnknown
	}
	n, err := w.round(t.Context(), "x=1", "y=1")
	if err != nil || n != 2 || len(m.Records()) != 3 {
		t.Errorf("%d events, %v, %d records; want 2 events in one batch", n, err, len(m.Records()))
	}
	if n := count(t, w.m.events.WithLabelValues("acme", "pipeline", "created")); n != 2 {
		t.Errorf("%v events are counted, want 2", n)
	}
	w.remembers(t, m)
}

// TestLateRequest: the request is not lost but slow, and arrives after the scope was read again.
func TestLateRequest(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "a")
	if _, err := w.round(t.Context(), "x=1"); err != nil {
		t.Fatal(err)
	}
	var late events.Batch
	m.Fault = func(b events.Batch) (bool, error) {
		late, m.Fault = b, nil
		return false, events.ErrUnknown
	}
	w.clock = instant.Add(time.Minute)
	if _, err := w.round(t.Context(), "x=2"); err != nil {
		t.Fatal(err)
	}
	if _, err := m.Commit(late); !errors.Is(err, events.ErrStale) {
		t.Errorf("the late request: %v, want ErrStale", err)
	}
	wantHistory(t, m, "x created 1", "x changed 2")

	// The same, but it arrives before the round is compared again: then the second try is the one that is refused.
	reading := &lateLog{Memory: m}
	w.log = reading
	m.Fault = func(b events.Batch) (bool, error) {
		reading.late, m.Fault = &b, nil
		return false, events.ErrUnknown
	}
	w.clock = instant.Add(2 * time.Minute)
	if _, err := w.round(t.Context(), "x=3"); !errors.Is(err, errSuperseded) {
		t.Errorf("the second try: %v, want errSuperseded", err)
	}
	if n, err := w.round(t.Context(), "x=3"); err != nil || n != 0 {
		t.Errorf("the next round: %d events, %v; want none", n, err)
	}
	wantHistory(t, m, "x created 1", "x changed 2", "x changed 3")
}

// lateLog lets a request arrive right after a restore.
type lateLog struct {
	*streamtest.Memory
	late *events.Batch
}

func (l *lateLog) Restore(ctx context.Context, tenant, scope string) (events.ScopeState, error) {
	st, err := l.Memory.Restore(ctx, tenant, scope)
	if l.late != nil {
		if _, commitErr := l.Commit(*l.late); commitErr != nil {
			return st, commitErr
		}
		l.late = nil
	}
	return st, err
}

func TestAnotherWriter(t *testing.T) {
	m := streamtest.NewMemory()
	a, b := newWriter(m, "a"), newWriter(m, "b")
	if _, err := a.round(t.Context(), "x=1"); err != nil {
		t.Fatal(err)
	}
	// a begins a round and sees the state 1; then it sleeps. b takes over and sees 2 and 3. The clock of a is ahead, so that
	// the times of the observations do not tell which is older.
	zombie, err := a.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a.clock = instant.Add(time.Hour)
	old := snaps(a.clock, "x=1")
	for i, state := range []string{"x=2", "x=3"} {
		b.clock = instant.Add(time.Duration(i+1) * time.Second)
		if _, err := b.round(t.Context(), state); err != nil {
			t.Fatal(err)
		}
	}
	if n, err := a.write(t.Context(), zombie, old, nil, swept, true); n != 0 || !errors.Is(err, errSuperseded) {
		t.Errorf("the zombie wrote %d events, %v", n, err)
	}
	// Dropped it stays, also when another round of a has read the scope again meanwhile.
	if n, err := a.round(t.Context(), "x=3"); n != 0 || err != nil {
		t.Errorf("the next round: %d events, %v", n, err)
	}
	if n, err := a.write(t.Context(), zombie, old, nil, swept, true); n != 0 || !errors.Is(err, errSuperseded) {
		t.Errorf("the zombie wrote %d events, %v", n, err)
	}
	if n, err := a.round(t.Context(), "x=4"); n != 1 || err != nil {
		t.Errorf("the round after: %d events, %v", n, err)
	}
	wantHistory(t, m, "x created 1", "x changed 2", "x changed 3", "x changed 4")
	if n := count(t, a.m.superseded); n != 2 {
		t.Errorf("%v rounds are counted as superseded, want 2", n)
	}
}

// TestLostRequestAndAnotherWriter: while a waits for the reply that never comes, b writes something newer.
func TestLostRequestAndAnotherWriter(t *testing.T) {
	m := streamtest.NewMemory()
	a, b := newWriter(m, "a"), newWriter(m, "b")
	a.clock = instant.Add(time.Hour)
	m.Fault = func(events.Batch) (bool, error) {
		m.Fault = nil
		if _, err := b.round(t.Context(), "x=2"); err != nil {
			t.Error(err)
		}
		return false, events.ErrUnknown
	}
	if n, err := a.round(t.Context(), "x=1"); n != 0 || !errors.Is(err, errSuperseded) {
		t.Errorf("a wrote %d events, %v", n, err)
	}
	if n, err := a.round(t.Context(), "x=2"); n != 0 || err != nil {
		t.Errorf("the next round of a: %d events, %v", n, err)
	}
	wantHistory(t, m, "x created 2")
}

// TestOverlappingRounds: two pollers of one collector, and the older answer is written last.
func TestOverlappingRounds(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "a")
	generation, err := w.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.clock = instant.Add(time.Minute)
	for _, c := range []struct {
		asked time.Duration
		state string
		want  int
	}{{2 * time.Second, "x=2", 1}, {time.Second, "x=1", 0}, {2 * time.Second, "x=2", 0}, {3 * time.Second, "x=1", 1}} {
		n, err := w.write(t.Context(), generation, snaps(instant.Add(c.asked), c.state), nil, swept, true)
		if n != c.want || err != nil {
			t.Errorf("asked after %s, %s: %d events, %v; want %d", c.asked, c.state, n, err, c.want)
		}
	}
	wantHistory(t, m, "x created 2", "x changed 1")
}

func TestEmptyRounds(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "a")
	polls := map[time.Duration]string{}
	for at := time.Duration(0); at <= 4*time.Minute; at += 15 * time.Second {
		w.clock = instant.Add(at)
		before := len(m.Records())
		states := []string{"x=1"}
		if at > 150*time.Second {
			states = []string{"x=2"}
		}
		if _, err := w.round(t.Context(), states...); err != nil {
			t.Fatal(err)
		}
		if n := len(m.Records()) - before; n > 0 {
			polls[at] = fmt.Sprint(n - 1)
		}
	}
	// The facts of each round that brought something, and of one a minute after the last that was said.
	want := map[time.Duration]string{0: "1", time.Minute: "0", 2 * time.Minute: "0", 165 * time.Second: "1", 225 * time.Second: "0"}
	if !maps.Equal(polls, want) {
		t.Errorf("rounds with so many events are in the log: %v, want %v", polls, want)
	}
	b := newWriter(m, "b")
	b.clock = instant.Add(4 * time.Minute)
	before := len(m.Records())
	if _, err := b.round(t.Context(), "x=2"); err != nil || len(m.Records()) != before+1 {
		t.Errorf("a take-over wrote %d records, %v; want one, whatever was said before it", len(m.Records())-before, err)
	}
}

// TestFactsAfterCommits: what a pass wrote on its way does not stand for the facts at its end.
func TestFactsAfterCommits(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "a")
	generation, err := w.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for i, states := range [][]string{{"x=1"}, {"x=2"}, nil} {
		w.clock = instant.Add(time.Duration(i) * time.Second)
		if _, err := w.write(t.Context(), generation, snaps(w.clock, states...), nil, swept, i == 2); err != nil {
			t.Fatal(err)
		}
	}
	all := m.Records()
	if p := record(t, all[len(all)-1]); len(all) != 5 || !p.Last || p.Total != swept.Total {
		t.Errorf("%d records, the last is %+v", len(all), p)
	}
	wantHistory(t, m, "x created 1", "x changed 2")
}

// TestParts: a long round is a chain, and only its last part has the facts.
func TestParts(t *testing.T) {
	for _, lose := range []int{-1, 0, 1, 2} {
		m := streamtest.NewMemory()
		w := newWriter(m, "a")
		var states []string
		for i := range 2500 {
			states = append(states, fmt.Sprintf("p%04d=1", i))
		}
		part := -1
		m.Fault = func(events.Batch) (bool, error) {
			if part++; part == lose {
				return true, events.ErrUnknown
			}
			return false, nil
		}
		n, err := w.round(t.Context(), states...)
		if n != 2500 || err != nil {
			t.Fatalf("%d events, %v", n, err)
		}
		history(t, m)
		w.remembers(t, m)
		var lasts, sizes []int
		for _, r := range m.Records() {
			if key, _ := events.ParseSubject(r.Subject); key.Kind == events.Poll {
				p := record(t, r)
				sizes = append(sizes, p.N)
				if p.Last {
					lasts = append(lasts, p.Total)
				} else if p.Complete || p.Total != 0 {
					t.Errorf("part %d has facts: %+v", p.Part, p.Sweep)
				}
			}
		}
		if !slices.Equal(sizes, []int{999, 999, 502}) || !slices.Equal(lasts, []int{7}) {
			t.Errorf("reply %d lost: parts of %v events, facts in %v", lose, sizes, lasts)
		}
	}
}

// TestRefusals: an error that is certain ends the round, and the next one begins with a look at the log.
func TestRefusals(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "a")
	refused := errors.New("maximum bytes exceeded")
	m.Fault = func(events.Batch) (bool, error) { return false, refused }
	if n, err := w.round(t.Context(), "x=1"); n != 0 || !errors.Is(err, refused) {
		t.Errorf("%d events, %v", n, err)
	}
	m.Fault = nil
	if n, err := w.round(t.Context(), "x=1"); n != 1 || err != nil {
		t.Errorf("%d events, %v", n, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.round(ctx, "x=2"); !errors.Is(err, context.Canceled) {
		t.Errorf("a cancelled round: %v", err)
	}
	if n, err := w.round(t.Context(), "x=2"); n != 1 || err != nil {
		t.Errorf("%d events, %v", n, err)
	}
	wantHistory(t, m, "x created 1", "x changed 2")
}

func TestTwoSnapshotsOfOneEntity(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "a")
	if n, err := w.round(t.Context(), "x=1", "y=1", "x=2"); n != 2 || err != nil {
		t.Fatalf("%d events, %v", n, err)
	}
	wantHistory(t, m, "y created 1", "x created 2")
	// Of two calls side by side the older answer came last.
	w.clock = instant.Add(time.Minute)
	generation, err := w.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	side := append(snaps(w.clock, "x=4", "y=4"), snaps(w.clock.Add(-time.Second), "x=3")...)
	if n, err := w.write(t.Context(), generation, side, nil, swept, true); n != 2 || err != nil {
		t.Fatalf("%d events, %v", n, err)
	}
	wantHistory(t, m, "y created 1", "x created 2", "x changed 4", "y changed 4")
}

// A scope that nobody has read yet knows nothing, and can be looked at: who reports progress does not wait.
func TestLookBeforeTheFirstRestore(t *testing.T) {
	w := newWriter(streamtest.NewMemory(), "a")
	w.look(func(k Known) {
		for id := range k.Of(events.Run) {
			t.Errorf("run %s", id)
		}
		if _, known := k.Head(events.Pipeline, "p"); known || len(k.runs.pipelines)+len(k.runs.open)+len(k.runs.undetailed) > 0 {
			t.Errorf("known: %+v", k.runs)
		}
	})
}
