package pollers

import (
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"artery/internal/embedded"
	"artery/internal/events"
	"artery/internal/stream"
	"artery/internal/stream/streamtest"

	"github.com/nats-io/nats.go"
)

// lossy is a real log that loses replies: the batch is in the stream and the writer does not hear of it.
type lossy struct {
	*stream.Log
	mu   sync.Mutex
	rng  *rand.Rand
	lost int
	off  bool
}

func (l *lossy) Append(ctx context.Context, b events.Batch) (uint64, error) {
	l.mu.Lock()
	p := l.rng.IntN(10)
	if l.off {
		p = 9
	}
	if p < 3 {
		l.lost++
	}
	l.mu.Unlock()
	switch {
	case p == 0: // the request
		return 0, events.ErrUnknown
	case p < 3: // the reply
		if _, err := l.Log.Append(ctx, b); err != nil {
			return 0, err
		}
		return 0, events.ErrUnknown
	}
	return l.Log.Append(ctx, b)
}

// TestTwoCollectorsOnTheStream lets two collectors poll one scope at once, on a real server that loses requests and
// replies, while the world goes from one state to the other and back. Nothing is doubled, and nothing is lost, whose checkpoint
// ever is in the bucket.
func TestTwoCollectorsOnTheStream(t *testing.T) {
	server, err := embedded.StartNATS(embedded.NATSOptions{Dir: t.TempDir(), Listen: "127.0.0.1:0"})
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	open := func(seed uint64) *lossy {
		nc, err := nats.Connect(server.URL())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(nc.Close)
		l, err := stream.Open(t.Context(), nc, stream.Config{Epoch: 1})
		if err != nil {
			t.Fatal(err)
		}
		return &lossy{Log: l, rng: rand.New(rand.NewPCG(seed, 1))}
	}

	const entities, rounds = 20, 60
	var mu sync.Mutex // of the world
	world, at := make([]int, entities), instant
	rng := rand.New(rand.NewPCG(3, 1))
	look := func() (states []string, asked time.Time) {
		mu.Lock()
		defer mu.Unlock()
		at = at.Add(time.Second)
		for range 3 {
			world[rng.IntN(entities)] = 1 + rng.IntN(2)
		}
		for i, state := range world {
			if state > 0 {
				states = append(states, fmt.Sprintf("e%d=%d", i, state))
			}
		}
		return states, at
	}
	now := func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
	var group sync.WaitGroup
	logs := []*lossy{open(1), open(2)}
	for i, l := range logs {
		group.Go(func() {
			w := newWriter(l, fmt.Sprint("w", i))
			w.now = now
			for round := range rounds {
				if round%20 == 10 { // it dies, and another process begins
					w = newWriter(l, fmt.Sprint("w", i, "-", round))
					w.now = now
				}
				generation, err := w.begin(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				states, asked := look()
				// An error is a dropped round: the next one sees what still differs.
				w.write(t.Context(), generation, snaps(asked, states...), nil, swept, true)
				if round%7 == i {
					w.keep(t.Context())
				}
			}
		})
	}
	group.Wait()

	last := logs[0]
	last.off = true
	w := newWriter(last, "last")
	w.now = now
	generation, err := w.begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	states, asked := look()
	if _, err := w.write(t.Context(), generation, snaps(asked, states...), nil, swept, true); err != nil {
		t.Fatal(err)
	}
	records := streamtest.Records(t, last)
	for _, err := range events.Check(records, true) {
		t.Error(err)
	}
	st, err := last.Restore(t.Context(), "acme", "s1")
	if err != nil {
		t.Fatal(err)
	}
	for i, state := range world {
		h, known := st.Heads.Get(events.EntityID{Kind: events.Pipeline, ID: fmt.Sprint("e", i)})
		if known != (state > 0) || known && h.Mark.Status != fmt.Sprint(state) {
			t.Errorf("entity %d is in state %d, the log says %+v", i, state, h)
		}
	}
	if err := last.Keep(t.Context(), "acme", "s1", nil); err != nil {
		t.Fatal(err)
	}
	full, err := last.Restore(t.Context(), "acme", "s1")
	if err != nil || full.PollSeq != st.PollSeq || !maps.Equal(maps.Collect(full.Heads.All()), maps.Collect(st.Heads.All())) || st.Read >= full.Read {
		t.Errorf("by the checkpoint %+v\nin full %+v, %v", st, full, err)
	}
	t.Logf("%d records, %d requests and replies lost", len(records), logs[0].lost+logs[1].lost)
	if logs[0].lost+logs[1].lost < 10 || len(records) < 100 {
		t.Error("too little happened to prove anything")
	}
}
