package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"artery/internal/events"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"
)

// appendTimeout bounds one batch: an fsync of 4 MiB takes milliseconds, a busy server seconds.
const appendTimeout = 10 * time.Second

// Append writes a batch: the poll record with its expected predecessor, then the events. It returns the sequence of the
// poll record; event i has sequence+1+i. On events.ErrStale nothing was written; on events.ErrUnknown the reply was lost
// and the scope must be restored; any other error means that the server refused and nothing was written.
func (l *Log) Append(ctx context.Context, b events.Batch) (uint64, error) {
	msgs := make([]*nats.Msg, 0, 1+len(b.Events))
	b.Record.N = len(b.Events)
	poll := b.Record.Event(b.Origin)
	head := l.message(poll, b.Origin, b.Record.PrevPollSeq)
	head.Header.Set(jetstream.ExpectedLastSubjSeqHeader, fmt.Sprint(b.Record.PrevPollSeq))
	msgs = append(msgs, head)
	for i, e := range b.Events {
		msgs = append(msgs, l.message(e, b.Origin, b.Prev[i]))
	}
	ctx, cancel := context.WithTimeout(ctx, appendTimeout)
	defer cancel()
	ack, err := jetstreamext.PublishMsgBatch(ctx, l.js, msgs)
	if err != nil {
		return 0, fmt.Errorf("appending %d events to %s: %w", len(b.Events), poll.Key.Subject(), outcome(err))
	}
	return ack.Sequence - uint64(len(b.Events)), nil
}

func (l *Log) message(e events.Event, o events.Origin, prev uint64) *nats.Msg {
	m := &nats.Msg{Subject: e.Key.Subject(), Header: e.Header(o, prev), Data: e.Body}
	if events.RulesOf(e.Key.Kind).Expires {
		m.Header.Set(jetstream.MsgTTLHeader, l.ttl.String())
	}
	return m
}

// wrongLastSequence are the codes of a failed expectation; the second is that of a replicated stream.
var wrongLastSequence = map[jetstream.ErrorCode]bool{jetstream.JSErrCodeStreamWrongLastSequence: true, 10164: true}

// outcome sorts the errors of a publish. An answer of the server is certain; silence is not.
func outcome(err error) error {
	var api *jetstream.APIError
	switch {
	case errors.As(err, &api) && wrongLastSequence[api.ErrorCode]:
		return fmt.Errorf("%w: %w", events.ErrStale, err)
	case errors.As(err, &api), errors.Is(err, nats.ErrMaxPayload), errors.Is(err, nats.ErrBadSubject), errors.Is(err, nats.ErrNoResponders):
		return err
	}
	return fmt.Errorf("%w: %w", events.ErrUnknown, err)
}
