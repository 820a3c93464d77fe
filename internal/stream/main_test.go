package stream_test

import (
	"context"
	"errors"
	"log"
	"os"
	"testing"
	"time"

	"artery/internal/embedded"
	"artery/internal/events"
	"artery/internal/stream"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// server is the one real nats-server of this test binary; set by TestMain.
var server *embedded.NATS

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "artery-stream-test")
	if err != nil {
		log.Fatal(err)
	}
	server, err = embedded.StartNATS(embedded.NATSOptions{Dir: dir, Listen: "127.0.0.1:0"})
	if err != nil {
		log.Fatal(err)
	}
	code := m.Run()
	server.Close()
	os.RemoveAll(dir)
	os.Exit(code)
}

// connect opens a connection and takes away the stream and the checkpoints that an earlier test has left.
func connect(t testing.TB) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	nc, err := nats.Connect(server.URL())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(nc.Close)
	js, err := jetstream.New(nc)
	if err != nil {
		t.Fatal(err)
	}
	if err := js.DeleteStream(t.Context(), events.Stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
		t.Fatal(err)
	}
	if err := js.DeleteObjectStore(t.Context(), stream.Bucket); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) && !errors.Is(err, jetstream.ErrBucketNotFound) {
		t.Fatal(err)
	}
	return nc, js
}

var settings = stream.Config{Replicas: 1, MaxBytes: 1 << 30, Epoch: 1}

// open makes an empty log.
func open(t testing.TB) (*stream.Log, jetstream.JetStream) {
	t.Helper()
	nc, js := connect(t)
	var l *stream.Log
	create(t, func() (err error) {
		l, err = stream.Open(t.Context(), nc, settings)
		return err
	})
	return l, js
}

// create makes a stream. The server takes away the files of a deleted stream in its own time, and refuses to make one of the
// same name meanwhile; only tests delete streams.
func create(t testing.TB, try func() error) {
	t.Helper()
	const storeFailed = 10049
	for deadline := time.Now().Add(20 * time.Second); ; {
		err := try()
		var api *jetstream.APIError
		switch {
		case err == nil:
			return
		case !errors.As(err, &api) || api.ErrorCode != storeFailed || time.Now().After(deadline):
			t.Fatal(err)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// publish writes a message past the log's rules, with an event's headers. A ttl of 0 means none.
func publish(t *testing.T, js jetstream.JetStream, e events.Event, o events.Origin, ttl time.Duration) uint64 {
	t.Helper()
	m := &nats.Msg{Subject: e.Key.Subject(), Header: e.Header(o, 0), Data: e.Body}
	if ttl > 0 {
		m.Header.Set(jetstream.MsgTTLHeader, ttl.String())
	}
	ack, err := js.PublishMsg(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return ack.Sequence
}

// gone waits until a message has expired.
func gone(t *testing.T, js jetstream.JetStream, seq uint64) {
	t.Helper()
	s, err := js.Stream(t.Context(), events.Stream)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		_, err := s.GetMsg(ctx, seq)
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return
		}
		if err != nil {
			t.Fatalf("waiting until message %d has expired: %v", seq, err)
		}
		select { // the server knows when; there is no way to be told
		case <-ctx.Done():
		case <-time.After(20 * time.Millisecond):
		}
	}
}
