// Package stream is the log on NATS JetStream: how it is made, how a poll round is appended, how a scope is restored, and
// how the loader consumes.
//
// The contract: an append is all or nothing and succeeds only for the writer that has seen the whole scope; a restore
// proves that it is complete or fails; nothing is ever deleted by us.
//
// Less formally: one subject per entity, the last message of a subject is the entity's state, and the poll record's
// subject is the one lock of its scope.
//
// What you can not assume: that an error of Append means that nothing was written. See events.ErrUnknown.
package stream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"sync"
	"time"

	"artery/internal/events"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// Config is how the stream is made. Only Replicas, MaxBytes and TTL may differ between starts.
type Config struct {
	Replicas int           // 1 on one machine, 3 in a cluster; 0 = 1
	MaxBytes int64         // the log refuses new messages when it is full; 0 or less = no bound
	TTL      time.Duration // of messages whose kind expires (events.Rules); 0 = events.DefaultTTL
	Epoch    uint16        // incarnation, set at creation; raise it when a stream was lost and is made anew
	Slog     *slog.Logger  // told of what is not as it should be and does no harm; nil = nobody is
}

// subjects are those that the stream takes; events.Key.Subject makes them.
const subjects = "artery.>"

// metaEpoch is the stream metadata that holds the incarnation.
const metaEpoch = "artery-epoch"

// Log is the stream. It is safe for concurrent use.
type Log struct {
	js       jetstream.JetStream
	ttl      time.Duration
	epoch    uint16
	replicas int
	slog     *slog.Logger
	restores gather
	loads    chan struct{} // holds one for each checkpoint that is being read

	opening   sync.Mutex
	objects   jetstream.ObjectStore // of checkpoints, nil before it was needed; guarded by opening
	made      bool                  // objects has the settings that it should have; guarded by opening
	refused   error                 // why the last try to open it failed; guarded by opening
	refusedAt time.Time             // guarded by opening
}

// Open makes the stream when it is missing and checks it when it is there. It refuses a stream whose settings would lose
// events, and says which.
func Open(ctx context.Context, nc *nats.Conn, c Config) (*Log, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("opening JetStream: %w", err)
	}
	if c.TTL == 0 {
		c.TTL = events.DefaultTTL
	}
	c.Replicas = max(c.Replicas, 1)
	if c.MaxBytes <= 0 {
		c.MaxBytes = -1 // as the server writes it
	}
	if c.TTL < events.MinTTL {
		return nil, fmt.Errorf("opening stream %s: the TTL %s is shorter than %s; CodeArts itself keeps a run for 90 days", events.Stream, c.TTL, events.MinTTL)
	}
	s, err := js.Stream(ctx, events.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		s, err = js.CreateStream(ctx, settings(c))
	}
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", events.Stream, explain(err))
	}
	have := s.CachedInfo().Config
	if err := check(have); err != nil {
		return nil, err
	}
	if have.MaxBytes != c.MaxBytes || have.Replicas != c.Replicas {
		have.MaxBytes, have.Replicas = c.MaxBytes, c.Replicas
		if _, err := js.UpdateStream(ctx, have); err != nil {
			return nil, fmt.Errorf("updating stream %s: %w", events.Stream, err)
		}
	}
	return newLog(js, have, c)
}

// Look opens the stream to read it: it makes and changes nothing.
func Look(ctx context.Context, nc *nats.Conn) (*Log, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return nil, fmt.Errorf("opening JetStream: %w", err)
	}
	s, err := js.Stream(ctx, events.Stream)
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: %w", events.Stream, explain(err))
	}
	return newLog(js, s.CachedInfo().Config, Config{TTL: events.DefaultTTL})
}

func newLog(js jetstream.JetStream, have jetstream.StreamConfig, c Config) (*Log, error) {
	epoch, err := strconv.ParseUint(have.Metadata[metaEpoch], 10, 16)
	if err != nil {
		return nil, fmt.Errorf("opening stream %s: its metadata %s is %q; it was not made by artery", events.Stream, metaEpoch, have.Metadata[metaEpoch])
	}
	l := &Log{js: js, ttl: c.TTL, epoch: uint16(epoch), replicas: have.Replicas, slog: c.Slog, loads: make(chan struct{}, loadsAtOnce)}
	if l.slog == nil {
		l.slog = slog.New(slog.DiscardHandler)
	}
	l.restores.read = l.readScopes
	return l, nil
}

func settings(c Config) jetstream.StreamConfig {
	return jetstream.StreamConfig{
		Name:               events.Stream,
		Description:        "Artery: change events of CodeArts; the last message of a subject is its state",
		Subjects:           []string{subjects},
		Storage:            jetstream.FileStorage,
		Compression:        jetstream.S2Compression,
		Discard:            jetstream.DiscardNew, // DiscardOld would eat state and events that no loader has seen
		MaxBytes:           c.MaxBytes,
		MaxMsgsPerSubject:  -1,
		Replicas:           c.Replicas,
		DenyDelete:         true,
		DenyPurge:          true,
		AllowDirect:        true,
		AllowMsgTTL:        true,
		AllowAtomicPublish: true,
		Duplicates:         100 * time.Millisecond, // message ids are not used; the window costs memory
		Metadata:           map[string]string{metaEpoch: strconv.Itoa(int(c.Epoch))},
	}
}

// largestMessage is a body with its headers, with room to spare.
const largestMessage = events.MaxBody + 64<<10

// check refuses settings under which the promises of the package do not hold.
func check(c jetstream.StreamConfig) error {
	var faults []error
	for _, f := range []struct {
		bad  bool
		what string
	}{
		{!c.AllowAtomicPublish, "allow_atomic is off: rounds could be written in part"},
		{!c.AllowMsgTTL, "allow_msg_ttl is off: runs would be kept for ever"},
		{c.Discard != jetstream.DiscardNew, "discard is not 'new': a full stream would eat state"},
		{c.MaxAge != 0, "max_age is set: state would be forgotten"},
		{c.MaxMsgsPerSubject > 0, "max_msgs_per_subject is set: events would be lost before they are loaded"},
		{c.MaxMsgs > 0, "max_msgs is set: the stream would refuse or lose events"},
		{c.MaxMsgSize > 0 && c.MaxMsgSize < largestMessage, fmt.Sprintf("max_msg_size is below %d: a large event would keep its scope from being written", largestMessage)},
		{c.Storage != jetstream.FileStorage, "storage is not 'file'"},
		{!slices.Contains(c.Subjects, subjects), "its subjects are not " + subjects + ": events would reach nobody"},
		{!c.DenyDelete, "deny_delete is off: an event could be taken out of the log"},
		{!c.DenyPurge, "deny_purge is off: events could be taken out of the log"},
		{c.Retention != jetstream.LimitsPolicy, "retention is not 'limits': a consumer could delete state"},
	} {
		if f.bad {
			faults = append(faults, fmt.Errorf("stream %s: %s", events.Stream, f.what))
		}
	}
	return errors.Join(faults...)
}

// storageFull is the server's code for a stream that may become larger than it has room for.
const storageFull jetstream.ErrorCode = 10047

// explain adds what to do to the errors that an old or unprepared server gives.
func explain(err error) error {
	switch {
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount), errors.Is(err, nats.ErrNoResponders):
		return fmt.Errorf("%w (start nats-server with JetStream, version 2.12 or later)", err)
	}
	var api *jetstream.APIError
	if errors.As(err, &api) && api.ErrorCode == storageFull {
		return fmt.Errorf("%w (the server may use three quarters of its free disk: make nats.max_bytes smaller, or room)", err)
	}
	return err
}

// Epoch is the incarnation of the stream.
func (l *Log) Epoch() uint16 { return l.epoch }

// Info returns the first and last sequence and the size of the stream in bytes.
func (l *Log) Info(ctx context.Context) (first, last, bytes uint64, err error) {
	s, err := l.js.Stream(ctx, events.Stream)
	if err != nil {
		return 0, 0, 0, fmt.Errorf("reading stream %s: %w", events.Stream, err)
	}
	st := s.CachedInfo().State
	return st.FirstSeq, st.LastSeq, st.Bytes, nil
}

// Acked is the sequence up to which a consumer has acknowledged everything, 0 when there is no such consumer.
func (l *Log) Acked(ctx context.Context, name string) (uint64, error) {
	c, err := l.js.Consumer(ctx, events.Stream, name)
	if errors.Is(err, jetstream.ErrConsumerNotFound) {
		return 0, nil
	}
	if err != nil {
		return 0, fmt.Errorf("reading consumer %s: %w", name, err)
	}
	return c.CachedInfo().AckFloor.Stream, nil
}

// Inspect looks at the stream without making or changing it. It returns a line about it, "" when there is none, and an
// error when its settings would lose events.
func Inspect(ctx context.Context, nc *nats.Conn) (string, error) {
	js, err := jetstream.New(nc)
	if err != nil {
		return "", fmt.Errorf("opening JetStream: %w", err)
	}
	s, err := js.Stream(ctx, events.Stream)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("opening stream %s: %w", events.Stream, explain(err))
	}
	info := s.CachedInfo()
	if err := check(info.Config); err != nil {
		return "", err
	}
	return fmt.Sprintf("%s holds %d messages up to %d, %d MiB, epoch %s", events.Stream, info.State.Msgs, info.State.LastSeq,
		info.State.Bytes>>20, info.Config.Metadata[metaEpoch]), nil
}

// Ready says whether JetStream answers: a server takes a moment between accepting clients and that.
func Ready(ctx context.Context, nc *nats.Conn) error {
	js, err := jetstream.New(nc)
	if err != nil {
		return fmt.Errorf("opening JetStream: %w", err)
	}
	if _, err := js.AccountInfo(ctx); err != nil {
		return fmt.Errorf("asking JetStream: %w", explain(err))
	}
	return nil
}
