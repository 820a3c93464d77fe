package pollers

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/stream/streamtest"

	"golang.org/x/sync/errgroup"
)

func TestWorthKeeping(t *testing.T) {
	for _, c := range []struct {
		behind, heads int
		want          bool
	}{
		{0, 0, false},
		{2001, 2000, false}, // restored in full, in no time
		{2002, 2001, true},  // restored in full
		{2000, 2001, false},
		{2001, 16_000, true}, // 16,000/8 = 2000
		{2001, 16_008, false},
		{2002, 16_008, true},
		{5000, 40_000, false},
		{5001, 40_000, true},
		{40_001, 40_000, true},
		{1_000_000, 100, false}, // polls without an event: a full read finds the last one of them
	} {
		if got := worthKeeping(c.behind, c.heads); got != c.want {
			t.Errorf("%d messages behind with %d heads: %v", c.behind, c.heads, got)
		}
	}
}

// many are n pipelines in one state.
func many(n int, state string) (states []string) {
	for i := range n {
		states = append(states, fmt.Sprintf("e%d=%s", i, state))
	}
	return states
}

// TestCheckpointsFollowTheLog: a scope is kept when it has grown, again after another 2000 messages, and by whoever has read all
// of it. The next restore reads what came after that, and knows the same.
func TestCheckpointsFollowTheLog(t *testing.T) {
	m := streamtest.NewMemory()
	kept := 0
	m.KeepFault = func() (bool, error) { kept++; return true, nil }
	w := newWriter(m, "a")
	settle := func(want int, after string) {
		t.Helper()
		if n := len(w.keeper.due); n > 1 {
			t.Errorf("%s: %d checkpoints are due of one scope", after, n)
		}
		for len(w.keeper.due) > 0 {
			(<-w.keeper.due).keep(t.Context())
		}
		if kept != want {
			t.Errorf("%s: kept %d times, want %d", after, kept, want)
		}
	}
	round := func(states ...string) {
		t.Helper()
		w.clock = w.clock.Add(time.Minute)
		if _, err := w.round(t.Context(), states...); err != nil {
			t.Fatal(err)
		}
	}
	round(many(2000, "1")...)
	settle(0, "2000 heads")
	round(many(2001, "1")...)
	settle(1, "2001 heads")
	round(many(1990, "2")...) // 1990 events in two batches: 1992 messages
	for range 8 {
		round(many(1990, "2")...) // a poll record each
	}
	settle(1, "2000 messages")
	round(many(1990, "2")...)
	settle(2, "2001 messages")
	round("e0=3", "e1=3")

	again := newWriter(m, "b")
	if _, err := again.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	again.remembers(t, m)
	if again.state.Read != 3 || again.state.Heads.Len() != 2001 || len(again.keeper.due) != 0 {
		t.Errorf("restored %d heads by reading %d messages, %d checkpoints are due; want 2001, 3 and none", again.state.Heads.Len(), again.state.Read, len(again.keeper.due))
	}
	if n := count(t, w.m.checkpoints.WithLabelValues("ok")); n != 2 {
		t.Errorf("%v checkpoints are counted, want 2", n)
	}

	if err := m.Keep(t.Context(), "acme", "s1", nil); err != nil {
		t.Fatal(err)
	}
	w, kept = newWriter(m, "c"), 0
	if _, err := w.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	settle(1, "restored in full")
}

// TestCheckpointsThatFail: a checkpoint that could not be written, as far as one knows, is tried again after a while; rounds go on,
// and whoever restores knows what the log says.
func TestCheckpointsThatFail(t *testing.T) {
	for _, apply := range []bool{false, true} {
		m := streamtest.NewMemory()
		m.KeepFault = func() (bool, error) { return apply, errors.New("the bucket is full") }
		w := newWriter(m, "a")
		tried := 0
		for minute := range 25 {
			w.clock = instant.Add(time.Duration(minute) * time.Minute)
			states := many(2500, "1")
			if minute > 0 {
				states = []string{fmt.Sprint("e0=", 1+minute)}
			}
			if _, err := w.round(t.Context(), states...); err != nil {
				t.Fatal(err)
			}
			for len(w.keeper.due) > 0 {
				(<-w.keeper.due).keep(t.Context())
				tried++
			}
		}
		if n := count(t, w.m.checkpoints.WithLabelValues("error")); tried != 3 || n != 3 { // in the minutes 0, 10 and 20
			t.Errorf("applied %v: tried %d times, %v failures are counted; want 3", apply, tried, n)
		}
		again := newWriter(m, "b")
		if _, err := again.begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		again.remembers(t, m)
		if want := map[bool]int{false: 2501, true: 4 * 2}[apply]; again.state.Read != want { // all, or what came after minute 20
			t.Errorf("applied %v: %d messages were read, want %d", apply, again.state.Read, want)
		}
	}
}

// slowLog takes an hour for a checkpoint, and counts how many are on their way.
type slowLog struct {
	*streamtest.Memory
	now, most, all atomic.Int64
}

func (l *slowLog) Keep(ctx context.Context, tenant, scope string, checkpoint []byte) error {
	l.most.Store(max(l.most.Load(), l.now.Add(1)))
	defer l.now.Add(-1)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(time.Hour):
	}
	l.all.Add(1)
	return l.Memory.Keep(ctx, tenant, scope, checkpoint)
}

// TestRoundsDoNotWait: while checkpoints are written, one at a time of all tenants, rounds are; and what is under way ends with
// the collector.
func TestRoundsDoNotWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &slowLog{Memory: streamtest.NewMemory()}
		ctx, cancel := context.WithCancel(t.Context())
		g, ctx := errgroup.WithContext(ctx)
		one := make(chan struct{}, 1)
		var writers []*writer
		for tenant := range 2 {
			k := keeperOf(Options{Log: log}, one)
			g.Go(func() error { return k.run(ctx) })
			for scope := range 2 {
				w := newWriter(log, fmt.Sprint("w", tenant, scope))
				w.origin.Tenant, w.origin.Scope, w.keeper, w.now = fmt.Sprint("t", tenant), fmt.Sprint("s", scope), k, time.Now
				writers = append(writers, w)
			}
		}
		for minute := range 3 {
			for _, w := range writers {
				w.clock = time.Now()
				if n, err := w.round(ctx, many(2500, fmt.Sprint(minute%2))...); err != nil || n != 2500 {
					t.Errorf("minute %d: %d events, %v", minute, n, err)
				}
			}
			time.Sleep(time.Minute)
		}
		if log.all.Load() != 0 || log.now.Load() != 1 {
			t.Errorf("%d checkpoints are written and %d on their way, want 0 and 1", log.all.Load(), log.now.Load())
		}
		time.Sleep(3 * time.Hour)
		if log.all.Load() != 3 || log.most.Load() != 1 {
			t.Errorf("%d checkpoints were written, %d at once; want 3, one by one", log.all.Load(), log.most.Load())
		}
		cancel()
		if err := g.Wait(); err != nil || log.now.Load() != 0 {
			t.Errorf("after the end: %v, %d on their way", err, log.now.Load())
		}
		for _, w := range writers {
			if n := count(t, w.m.checkpoints.WithLabelValues("error")); n != 0 {
				t.Errorf("%v failures are counted; the end is none", n)
			}
		}
	})
}
