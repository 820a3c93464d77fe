package pollers

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream/streamtest"
)

// lacks ends a round of pipelines that lacks the given ones, as judge says; each of them is said not to exist.
func (w *writer) lacks(t *testing.T, generation int, listed ...string) (int, error) {
	t.Helper()
	l := listing{kind: events.Pipeline, ids: map[string]bool{}, began: w.clock, there: func(string) bool { return false }, elsewhere: func(string) bool { return false }}
	for _, id := range listed {
		l.ids[id] = true
	}
	var v verdict
	w.look(func(k Known) { v = judge(k.heads.Of(events.Pipeline), l) })
	for _, a := range v.ask {
		a.Answer = "DEVPIPE.00011401"
		v.absent = append(v.absent, a)
	}
	return w.write(t.Context(), generation, nil, v.absent, swept, true)
}

// TestGoneLostReplies tries the write of what is gone in both failures, with a restart before the next round or without: each
// step of the proof is in the log once.
func TestGoneLostReplies(t *testing.T) {
	for _, apply := range []bool{false, true} {
		for failing := 2; failing <= 3; failing++ {
			for _, restart := range []bool{false, true} {
				t.Run(fmt.Sprintf("applied %v, write %d, restart %v", apply, failing, restart), func(t *testing.T) {
					m, n := streamtest.NewMemory(), 0
					m.Fault = func(events.Batch) (bool, error) {
						if n++; n == failing {
							return apply, events.ErrUnknown
						}
						return true, nil
					}
					w := newWriter(m, "w")
					if _, err := w.round(t.Context(), "x=1", "y=1"); err != nil {
						t.Fatal(err)
					}
					for range 3 {
						w.clock = w.clock.Add(time.Minute)
						if restart {
							clock := w.clock
							w = newWriter(m, "w"+fmt.Sprint(len(m.Records())))
							w.clock = clock
						}
						generation, err := w.begin(t.Context())
						if err != nil {
							t.Fatal(err)
						}
						if _, err := w.lacks(t, generation, "x"); err != nil {
							t.Fatal(err)
						}
						w.remembers(t, m)
					}
					var ops []string
					for _, r := range m.Records() {
						if key, _ := events.ParseSubject(r.Subject); key.ID == "y" {
							ops = append(ops, r.Header[events.HeaderOp][0]+" "+string(r.Body))
						}
					}
					if want := []string{`created {"name":"1"}`, `missing {"name":"1"}`, `deleted {"name":"1"}`}; !slices.Equal(ops, want) {
						t.Errorf("the log says %q, want %q: each with the last body", ops, want)
					}
					for _, err := range events.Check(m.Records(), true) {
						t.Error(err)
					}
				})
			}
		}
	}
}

// TestGoneZombie: a collector that looked, slept, and then says that something is gone, which another one has seen meanwhile.
func TestGoneZombie(t *testing.T) {
	m := streamtest.NewMemory()
	a, b := newWriter(m, "a"), newWriter(m, "b")
	if _, err := a.round(t.Context(), "x=1", "y=1"); err != nil {
		t.Fatal(err)
	}
	a.clock = a.clock.Add(time.Minute)
	old, err := a.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b.clock = a.clock.Add(time.Minute)
	if _, err := b.round(t.Context(), "x=1", "y=2"); err != nil {
		t.Fatal(err)
	}
	if n, err := a.lacks(t, old, "x"); n != 0 || !errors.Is(err, errSuperseded) {
		t.Errorf("the zombie wrote %d events, %v", n, err)
	}
	wantHistory(t, m, "x created 1", "y created 1", "y changed 2")
}

// TestGoneIsJudgedAgain: between the verdict and the write another round of this process has seen the entity.
func TestGoneIsJudgedAgain(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "w")
	if _, err := w.round(t.Context(), "x=1", "y=1"); err != nil {
		t.Fatal(err)
	}
	head, _ := w.state.Heads.Get(events.EntityID{Kind: events.Pipeline, ID: "y"})
	absent := []events.Absence{{Entity: events.EntityID{Kind: events.Pipeline, ID: "y"}, Seq: head.Seq, Op: events.Missing, At: w.clock}}
	w.clock = w.clock.Add(time.Second)
	if _, err := w.round(t.Context(), "x=1", "y=2"); err != nil {
		t.Fatal(err)
	}
	if n, err := w.write(t.Context(), w.generation, nil, absent, swept, true); n != 0 || err != nil {
		t.Errorf("%d events, %v", n, err)
	}
	// What the log itself has forgotten is not written either.
	head, _ = w.state.Heads.Get(events.EntityID{Kind: events.Pipeline, ID: "x"})
	m.Expire(head.Seq)
	absent[0].Entity.ID, absent[0].Seq = "x", head.Seq
	if n, err := w.write(t.Context(), w.generation, nil, absent, swept, true); n != 0 || err != nil {
		t.Errorf("of what the log has forgotten: %d events, %v", n, err)
	}
}

// TestShownAndGone: a list that shifted was walked twice, and only the first walk has shown an entity that was missing. One round says
// that it is back, not also that it is gone: that is for the next list to prove.
func TestShownAndGone(t *testing.T) {
	m := streamtest.NewMemory()
	w := newWriter(m, "w")
	if _, err := w.round(t.Context(), "x=1", "y=1"); err != nil {
		t.Fatal(err)
	}
	y := events.EntityID{Kind: events.Pipeline, ID: "y"}
	absence := func(op events.Op) []events.Absence {
		head, _ := w.state.Heads.Get(y)
		return []events.Absence{{Entity: y, Seq: head.Seq, Op: op, At: w.clock, Answer: "DEVCP.00012002"}}
	}
	w.clock = w.clock.Add(time.Minute)
	if _, err := w.write(t.Context(), w.generation, nil, absence(events.Missing), swept, true); err != nil {
		t.Fatal(err)
	}
	w.clock = w.clock.Add(time.Minute)
	if _, err := w.write(t.Context(), w.generation, snaps(w.clock, "y=1"), absence(events.Deleted), swept, true); err != nil {
		t.Fatal(err)
	}
	var ops []string
	for _, line := range history(t, m) {
		if id, op, _ := strings.Cut(line, " "); id == "y" {
			ops = append(ops, strings.Fields(op)[0])
		}
	}
	if want := []string{"created", "missing", "restored"}; !slices.Equal(ops, want) {
		t.Errorf("the log says %q, want %q", ops, want)
	}
}
