package stream_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"artery/internal/events"
	"artery/internal/stream"

	"github.com/nats-io/nats.go/jetstream"
)

func TestOpenAgain(t *testing.T) {
	nc, js := connect(t)
	for _, c := range []struct {
		config   stream.Config
		maxBytes int64
	}{
		{stream.Config{Replicas: 1, MaxBytes: 1 << 20, Epoch: 7}, 1 << 20},
		{stream.Config{Replicas: 1, MaxBytes: 2 << 20, Epoch: 8}, 2 << 20}, // the epoch is that of the creation
		{stream.Config{Replicas: 1, MaxBytes: 1 << 20, Epoch: 7}, 1 << 20},
		{stream.Config{}, -1},
	} {
		var l *stream.Log
		create(t, func() (err error) {
			l, err = stream.Open(t.Context(), nc, c.config)
			return err
		})
		s, err := js.Stream(t.Context(), events.Stream)
		if err != nil {
			t.Fatal(err)
		}
		if have := s.CachedInfo().Config; have.MaxBytes != c.maxBytes || have.Replicas != 1 || l.Epoch() != 7 || have.Metadata["artery-epoch"] != "7" {
			t.Errorf("%+v: epoch %d, settings %+v", c.config, l.Epoch(), have)
		}
	}
	if line, err := stream.Inspect(t.Context(), nc); err != nil || !strings.Contains(line, "epoch 7") {
		t.Errorf("inspect: %q, %v", line, err)
	}
}

func TestOpenRefuses(t *testing.T) {
	nc, js := connect(t)
	if line, err := stream.Inspect(t.Context(), nc); line != "" || err != nil {
		t.Errorf("inspect without a stream: %q, %v", line, err)
	}
	if _, err := stream.Open(t.Context(), nc, stream.Config{TTL: 99 * 24 * time.Hour}); err == nil || !strings.Contains(err.Error(), "shorter than 2400h") {
		t.Errorf("a TTL of 99 days: %v", err)
	}
	if _, err := stream.Open(t.Context(), nc, stream.Config{MaxBytes: math.MaxInt64}); err == nil || !strings.Contains(err.Error(), "make nats.max_bytes smaller") {
		t.Errorf("a stream that may become larger than any disk: %v", err)
	}
	good := jetstream.StreamConfig{
		Name: events.Stream, Subjects: []string{"artery.>"}, Discard: jetstream.DiscardNew, DenyDelete: true, DenyPurge: true, AllowMsgTTL: true,
		AllowAtomicPublish: true, Metadata: map[string]string{"artery-epoch": "1"},
	}
	for want, damage := range map[string]func(*jetstream.StreamConfig){
		"":                             func(*jetstream.StreamConfig) {},
		"allow_atomic is off":          func(c *jetstream.StreamConfig) { c.AllowAtomicPublish = false },
		"allow_msg_ttl is off":         func(c *jetstream.StreamConfig) { c.AllowMsgTTL = false },
		"discard is not 'new'":         func(c *jetstream.StreamConfig) { c.Discard = jetstream.DiscardOld },
		"max_age is set":               func(c *jetstream.StreamConfig) { c.MaxAge = time.Hour },
		"max_msgs_per_subject is set":  func(c *jetstream.StreamConfig) { c.MaxMsgsPerSubject = 1 },
		"max_msg_size is below":        func(c *jetstream.StreamConfig) { c.MaxMsgSize = 64 << 10 },
		"max_msgs is set":              func(c *jetstream.StreamConfig) { c.MaxMsgs = 1 << 30 },
		"storage is not 'file'":        func(c *jetstream.StreamConfig) { c.Storage = jetstream.MemoryStorage },
		"retention is not 'limits'":    func(c *jetstream.StreamConfig) { c.Retention = jetstream.InterestPolicy },
		"its subjects are not":         func(c *jetstream.StreamConfig) { c.Subjects = []string{"artery.acme.>"} },
		"deny_delete is off":           func(c *jetstream.StreamConfig) { c.DenyDelete = false },
		"deny_purge is off":            func(c *jetstream.StreamConfig) { c.DenyPurge = false },
		"it was not made by artery":    func(c *jetstream.StreamConfig) { c.Metadata = nil },
		`metadata artery-epoch is "x"`: func(c *jetstream.StreamConfig) { c.Metadata = map[string]string{"artery-epoch": "x"} },
	} {
		config := good
		damage(&config)
		create(t, func() error {
			_, err := js.CreateStream(t.Context(), config)
			return err
		})
		_, err := stream.Open(t.Context(), nc, settings)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("opened with %v, want %q", err, want)
		}
		if err := js.DeleteStream(t.Context(), events.Stream); err != nil {
			t.Fatal(err)
		}
	}
}
