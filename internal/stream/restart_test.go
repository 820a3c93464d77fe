package stream_test

import (
	"context"
	"errors"
	"net/url"
	"testing"
	"time"

	"artery/internal/embedded"
	"artery/internal/events"
	"artery/internal/stream"

	"github.com/nats-io/nats.go"
)

// TestServerRestart: writer and reader go on after the server was away.
func TestServerRestart(t *testing.T) {
	dir := t.TempDir()
	start := func(listen string) *embedded.NATS {
		n, err := embedded.StartNATS(embedded.NATSOptions{Dir: dir, Listen: listen})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	n := start("127.0.0.1:0")
	at, err := url.Parse(n.URL())
	if err != nil {
		t.Fatal(err)
	}
	back := make(chan struct{}, 1)
	nc, err := nats.Connect(n.URL(), nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond), nats.ReconnectHandler(func(*nats.Conn) { back <- struct{}{} }))
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	l, err := stream.Open(t.Context(), nc, settings)
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Consume(t.Context(), stream.ConsumerConfig{Name: "d", Batch: 10, AckWait: 2 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	next := func(want uint64) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		got, err := c.Next(ctx, time.Millisecond)
		if err != nil || len(got) == 0 || got[0].Seq != want {
			t.Fatalf("got %+v, %v; want message %d", got, err, want)
		}
	}
	var st events.ScopeState
	add(t, l, &st, "s1", nil)
	next(1)
	n.Close()
	n = start(at.Host)
	defer n.Close()
	<-back
	// JetStream takes a moment longer than the connection.
	for {
		again, err := l.Restore(t.Context(), "acme", "s1")
		if err == nil && again.PollSeq == 1 {
			break
		}
		if t.Context().Err() != nil || errors.Is(err, nats.ErrConnectionClosed) {
			t.Fatal(err)
		}
	}
	next(1) // nobody has acknowledged it
	if err := c.Ack(t.Context(), 1); err != nil {
		t.Error(err)
	}
	add(t, l, &st, "s1", nil)
	next(2)
	if err := c.Ack(t.Context(), 2); err != nil {
		t.Error(err)
	}
	if f, err := c.Floor(t.Context()); err != nil || f.Seq != 2 {
		t.Errorf("floor %+v, %v", f, err)
	}
}
