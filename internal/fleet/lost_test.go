package fleet

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// lossy is a bucket on the way to which answers get lost: the write is stored, and the writer is told that it failed.
type lossy struct {
	jetstream.KeyValue
	creations, updates atomic.Int32  // answers still to lose
	updated            chan struct{} // told of each update that was answered
}

func (l *lossy) Create(ctx context.Context, key string, value []byte, o ...jetstream.KVCreateOpt) (uint64, error) {
	revision, err := l.KeyValue.Create(ctx, key, value, o...)
	if err == nil && l.creations.Add(-1) >= 0 {
		return 0, nats.ErrTimeout
	}
	return revision, err
}

func (l *lossy) Update(ctx context.Context, key string, value []byte, last uint64) (uint64, error) {
	revision, err := l.KeyValue.Update(ctx, key, value, last)
	switch {
	case err != nil:
	case l.updates.Add(-1) >= 0:
		return 0, nats.ErrTimeout
	default:
		select {
		case l.updated <- struct{}{}:
		default:
		}
	}
	return revision, err
}

// deaf is a bucket that tells of no end: neither of a key that is deleted nor of one whose time is over.
type deaf struct{ jetstream.KeyValue }

type deafWatcher struct {
	jetstream.KeyWatcher
	heard chan jetstream.KeyValueEntry
}

func (w deafWatcher) Updates() <-chan jetstream.KeyValueEntry { return w.heard }

func (d deaf) WatchAll(ctx context.Context, o ...jetstream.WatchOpt) (jetstream.KeyWatcher, error) {
	w, err := d.KeyValue.WatchAll(ctx, o...)
	if err != nil {
		return nil, err
	}
	heard := make(chan jetstream.KeyValueEntry)
	go func() {
		defer close(heard)
		for e := range w.Updates() {
			if e == nil || e.Operation() == jetstream.KeyValuePut {
				select {
				case heard <- e:
				case <-ctx.Done():
					return
				}
			}
		}
	}()
	return deafWatcher{w, heard}, nil
}

// A renewal that is stored and whose answer is lost costs nothing: the work goes on.
func TestLostAnswerOfARenewal(t *testing.T) {
	t.Parallel()
	c := newCollectors(t, 1)
	l := &lossy{updated: make(chan struct{})}
	l.updates.Store(1)
	c.start("a", func(kv jetstream.KeyValue) jetstream.KeyValue { l.KeyValue = kv; return l })
	c.wait(term, "a")
	<-l.updated // after the one whose answer was lost
	<-l.updated
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.begun != 1 {
		t.Errorf("the work began %d times, want once", c.begun)
	}
}

// A tenant that was taken without knowing it is worked on at once, though nobody says that its key has ended.
func TestLostAnswerOfATaking(t *testing.T) {
	t.Parallel()
	c := newCollectors(t, 1)
	l := &lossy{updated: make(chan struct{})}
	l.creations.Store(1)
	c.start("a", func(kv jetstream.KeyValue) jetstream.KeyValue { l.KeyValue = deaf{kv}; return l })
	c.wait(term/2, "a")
}

// Who heard nothing of the end of a collector follows it after two terms at the latest.
func TestUnheardEnds(t *testing.T) {
	t.Parallel()
	c := newCollectors(t, 4)
	c.start("a", func(kv jetstream.KeyValue) jetstream.KeyValue { return deaf{kv} })
	_, dieB := c.start("b")
	c.wait(term, "a", "b")
	dieB()
	c.wait(2*term, "a")
}
