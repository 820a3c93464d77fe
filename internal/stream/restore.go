package stream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"artery/internal/events"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// restoreTries bounds how often a torn read is repeated. A consumer may see the first half of a batch while the server
// writes the second; the next read sees all of it.
const restoreTries = 20

// errTorn says that a read ended inside a batch.
var errTorn = errors.New("read a part of a batch")

// Restore reads the last event of every entity of a scope, headers only, and proves that the read is complete: the
// greatest sequence is that of the last event of the scope's last batch. No diff may be made from anything less.
func (l *Log) Restore(ctx context.Context, tenant, scope string) (events.ScopeState, error) {
	for try := 1; ; try++ {
		st, err := l.restore(ctx, tenant, scope)
		if err == nil {
			return st, nil
		}
		if !errors.Is(err, errTorn) || try == restoreTries {
			return events.ScopeState{}, fmt.Errorf("restoring %s: %w", events.ScopeFilter(tenant, scope), err)
		}
		select {
		case <-ctx.Done():
			return events.ScopeState{}, fmt.Errorf("restoring %s: %w", events.ScopeFilter(tenant, scope), ctx.Err())
		case <-time.After(time.Duration(try) * 5 * time.Millisecond):
		}
	}
}

func (l *Log) restore(ctx context.Context, tenant, scope string) (events.ScopeState, error) {
	st := events.ScopeState{Heads: events.NewHeads()}
	var greatest, n uint64
	err := l.each(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: []string{events.ScopeFilter(tenant, scope)},
		DeliverPolicy:  jetstream.DeliverLastPerSubjectPolicy,
		HeadersOnly:    true,
	}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		key, err := events.ParseSubject(m.Subject())
		if err != nil {
			return err
		}
		head, err := events.ParseHead(meta.Sequence.Stream, m.Headers())
		if err != nil {
			return err
		}
		greatest = max(greatest, head.Seq)
		if key.Kind == events.Poll {
			st.PollSeq, st.PollID, n = head.Seq, head.Mark.Parent, uint64(head.Mark.Number)
			return nil
		}
		st.Heads.Set(events.EntityID{Kind: key.Kind, ID: key.ID}, head)
		return nil
	})
	if err != nil {
		return st, err
	}
	// Without a poll record nothing can be half of a batch: its first message is the poll record. The scope is cold, or so
	// long at rest that its last poll record has expired and only entities that never expire are left.
	if st.PollSeq != 0 && greatest != st.PollSeq+n {
		return st, fmt.Errorf("%w: the last message is %d, the poll record %d is followed by %d events", errTorn, greatest, st.PollSeq, n)
	}
	return st, nil
}

// Bodies reads the bodies of messages by their sequences. Those that have expired are not in the answer.
func (l *Log) Bodies(ctx context.Context, seqs []uint64) (map[uint64][]byte, error) {
	s, err := l.js.Stream(ctx, events.Stream)
	if err != nil {
		return nil, fmt.Errorf("reading bodies: %w", err)
	}
	out := make(map[uint64][]byte, len(seqs))
	for _, seq := range seqs {
		m, err := s.GetMsg(ctx, seq)
		switch {
		case errors.Is(err, jetstream.ErrMsgNotFound):
		case err != nil:
			return nil, fmt.Errorf("reading the body of message %d: %w", seq, err)
		default:
			out[seq] = m.Data
		}
	}
	return out, nil
}

// quiet is how long a read waits for a message before it asks the server whether there is one left.
const quiet = time.Second

// each reads what an ordered consumer finds now, and ends. It does not wait for what comes later.
func (l *Log) each(ctx context.Context, c jetstream.OrderedConsumerConfig, f func(jetstream.Msg, *jetstream.MsgMetadata) error) error {
	cons, err := l.js.OrderedConsumer(ctx, events.Stream, c)
	if err != nil {
		return fmt.Errorf("creating a reader: %w", err)
	}
	var last uint64
	read := func() (all bool, err error) {
		info, err := cons.Info(ctx)
		if err != nil {
			return false, err
		}
		return info.NumPending == 0 && (info.Delivered.Consumer == 0 || info.Delivered.Stream == last), nil
	}
	if all, err := read(); err != nil {
		return fmt.Errorf("creating a reader: %w", err)
	} else if all {
		return nil
	}
	it, err := cons.Messages(jetstream.PullMaxMessages(20_000))
	if err != nil {
		return fmt.Errorf("reading: %w", err)
	}
	defer it.Stop()
	for {
		m, err := it.Next(jetstream.NextMaxWait(quiet))
		switch {
		case ctx.Err() != nil:
			return fmt.Errorf("reading: %w", ctx.Err())
		case errors.Is(err, nats.ErrTimeout):
			// What was left may have expired meanwhile. An error is no answer: the server is away, the reader starts anew.
			if all, err := read(); err == nil && all {
				return nil
			}
			continue
		case err != nil:
			return fmt.Errorf("reading: %w", err)
		}
		meta, err := m.Metadata()
		if err != nil {
			return fmt.Errorf("reading: %w", err)
		}
		if err := f(m, meta); err != nil {
			return err
		}
		if last = meta.Sequence.Stream; meta.NumPending == 0 {
			return nil
		}
	}
}

// Replay reads every retained message with from <= sequence <= to, in order.
func (l *Log) Replay(ctx context.Context, from, to uint64, f func(events.Record) error) error {
	errEnd := errors.New("end")
	err := l.each(ctx, jetstream.OrderedConsumerConfig{
		DeliverPolicy: jetstream.DeliverByStartSequencePolicy, OptStartSeq: max(from, 1),
	}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if meta.Sequence.Stream > to {
			return errEnd
		}
		return f(l.record(m, meta))
	})
	if err != nil && !errors.Is(err, errEnd) {
		return fmt.Errorf("replaying %s from %d to %d: %w", events.Stream, from, to, err)
	}
	return nil
}

func (l *Log) record(m jetstream.Msg, meta *jetstream.MsgMetadata) events.Record {
	return events.Record{
		Stream: meta.Stream, Epoch: l.epoch, Seq: meta.Sequence.Stream, StoredAt: meta.Timestamp.UTC(),
		Subject: m.Subject(), Header: m.Headers(), Body: m.Data(),
	}
}
