package stream

import (
	"context"
	"errors"
	"fmt"
	"strings"
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
	filter := events.ScopeFilter(tenant, scope)
	for try := 1; ; try++ {
		st, err := l.restores.of(ctx, strings.TrimSuffix(filter, everything))
		if err == nil {
			return st, nil
		}
		if !errors.Is(err, errTorn) || try == restoreTries {
			return events.ScopeState{}, fmt.Errorf("restoring %s: %w", filter, err)
		}
		select {
		case <-ctx.Done():
			return events.ScopeState{}, fmt.Errorf("restoring %s: %w", filter, ctx.Err())
		case <-time.After(time.Duration(try) * 5 * time.Millisecond):
		}
	}
}

// everything ends the filter of a scope: all that is behind what its subjects begin with.
const everything = ".>"

// readScopes reads scopes in one pass, in the order of the log. A message that can not be read fails its own scope only.
func (l *Log) readScopes(ctx context.Context, wanted map[string]*restore) {
	var filters []string
	for scope, r := range wanted {
		filters, r.st.Heads = append(filters, scope+everything), events.NewHeads()
	}
	err := l.each(ctx, jetstream.OrderedConsumerConfig{
		FilterSubjects: filters,
		DeliverPolicy:  jetstream.DeliverLastPerSubjectPolicy,
		HeadersOnly:    true,
	}, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if r := wanted[scopeOf(m.Subject())]; r != nil && r.err == nil {
			r.err = r.take(meta.Sequence.Stream, m)
		}
		return nil
	})
	for _, r := range wanted {
		switch {
		case err != nil:
			r.err = err
		case r.err == nil:
			r.err = r.prove()
		}
	}
}

// scopeOf is what all subjects of a scope begin with: three tokens.
func scopeOf(subject string) string {
	for i, dots := 0, 0; i < len(subject); i++ {
		if subject[i] == '.' {
			if dots++; dots == 3 {
				return subject[:i]
			}
		}
	}
	return subject
}

// take takes note of the last event of an entity, or of the last poll record.
func (r *restore) take(seq uint64, m jetstream.Msg) error {
	key, err := events.ParseSubject(m.Subject())
	if err != nil {
		return err
	}
	head, err := events.ParseHead(seq, m.Headers())
	if err != nil {
		return err
	}
	r.most = max(r.most, head.Seq)
	if key.Kind == events.Poll {
		r.st.PollSeq, r.st.PollID, r.n = head.Seq, head.Mark.Parent, uint64(head.Mark.Number)
		return nil
	}
	r.st.Heads.Set(events.EntityID{Kind: key.Kind, ID: key.ID}, head)
	return nil
}

// prove says whether the scope was read as a whole. Without a poll record nothing can be half of a batch: its first message is
// the poll record. The scope is cold, or so long at rest that its last poll record has expired and only entities that never
// expire are left.
func (r *restore) prove() error {
	if r.st.PollSeq != 0 && r.most != r.st.PollSeq+r.n {
		return fmt.Errorf("%w: the last message is %d, the poll record %d is followed by %d events", errTorn, r.most, r.st.PollSeq, r.n)
	}
	return nil
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

// pulled bounds the messages that were received and not looked at yet; with headers alone each takes about 3 KB.
const pulled = 5000

// patience and mostPatience bound an answer of the server, the first time and the last. It finds the last message of each of
// a million subjects before it says that it has made a reader, and has unpacked every block if it has just started: seconds,
// or many where the machine is busy, and another try before that is over makes it busier. A request that was lost on the way
// never gets an answer, so that the first time may not be the longest.
const patience, mostPatience = 20 * time.Second, 80 * time.Second

// quiet is how long a read waits for a message before it asks the server whether there is one left.
const quiet = time.Second

// each reads what an ordered consumer finds now, and ends. It does not wait for what comes later.
func (l *Log) each(ctx context.Context, c jetstream.OrderedConsumerConfig, f func(jetstream.Msg, *jetstream.MsgMetadata) error) error {
	var cons jetstream.Consumer
	err := patiently(ctx, func(ctx context.Context) (err error) {
		cons, err = l.js.OrderedConsumer(ctx, events.Stream, c)
		return err
	})
	if err != nil {
		return fmt.Errorf("creating a reader: %w", err)
	}
	var last uint64
	read := func() (all bool, err error) {
		var info *jetstream.ConsumerInfo
		err = patiently(ctx, func(ctx context.Context) (err error) {
			info, err = cons.Info(ctx)
			return err
		})
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
	it, err := cons.Messages(jetstream.PullMaxMessages(pulled))
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

// patiently asks the server until it answers.
func patiently(ctx context.Context, ask func(ctx context.Context) error) error {
	for wait := patience; ; wait *= 2 {
		asking, cancel := context.WithTimeout(ctx, wait)
		err := ask(asking)
		cancel()
		if err == nil || ctx.Err() != nil || wait == mostPatience || !errors.Is(err, context.DeadlineExceeded) {
			return err
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
