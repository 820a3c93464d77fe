package stream

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"artery/internal/events"

	"github.com/nats-io/nats.go/jetstream"
)

// restoreTries bounds how often a torn read is repeated. A consumer may see the first half of a batch while the server
// writes the second; the next read sees all of it.
const restoreTries = 20

// errTorn says that a read ended inside a batch.
var errTorn = errors.New("read a part of a batch")

// Restore reads what is known of a scope, headers only, and proves that the read is complete: the greatest sequence is that of
// the last event of the scope's last batch. No diff may be made from anything less. It reads what came after the scope's
// checkpoint, or the last event of every entity: without a checkpoint, or with one that does not fit the log. Both give the same.
func (l *Log) Restore(ctx context.Context, tenant, scope string) (events.ScopeState, error) {
	prefix := scopePrefix(tenant, scope)
	st, err := l.fromCheckpoint(ctx, prefix)
	if err != nil && ctx.Err() == nil {
		if !errors.Is(err, errNoCheckpoint) {
			l.slog.Warn("a checkpoint is not used, reading the scope in full", "tenant", tenant, "scope", scope, "err", err)
		}
		st, err = l.readUntilProved(ctx, &restore{scope: prefix})
	}
	if err != nil {
		return events.ScopeState{}, fmt.Errorf("restoring %s: %w", prefix, err)
	}
	return st, nil
}

func (l *Log) fromCheckpoint(ctx context.Context, prefix string) (events.ScopeState, error) {
	r, err := l.resume(ctx, prefix)
	if err != nil {
		return events.ScopeState{}, err
	}
	return l.readUntilProved(ctx, r)
}

// readUntilProved reads a scope until the read proves itself.
func (l *Log) readUntilProved(ctx context.Context, r *restore) (events.ScopeState, error) {
	for try := 1; ; try++ {
		least, err := l.lastPoll(ctx, r.scope)
		if err != nil {
			return events.ScopeState{}, err
		}
		st, err := l.restores.of(ctx, r)
		if err == nil && st.PollSeq < least {
			err = fmt.Errorf("%w: the last poll record is %d, not %d", errTorn, least, st.PollSeq)
		}
		if err == nil || !errors.Is(err, errTorn) || try == restoreTries {
			return st, err
		}
		if r.after > 0 {
			r.after = r.most // all up to there was read, in order
		}
		select {
		case <-ctx.Done():
			return events.ScopeState{}, ctx.Err()
		case <-time.After(time.Duration(try) * 5 * time.Millisecond):
		}
	}
}

// lastPoll is the sequence of the last poll record of a scope, 0 without one. A reader counts what is left for it, and may count
// too little while messages expire: what it does not find may be there all the same.
func (l *Log) lastPoll(ctx context.Context, scope string) (seq uint64, err error) {
	err = patiently(ctx, func(ctx context.Context) error {
		s, err := l.js.Stream(ctx, events.Stream)
		if err != nil {
			return err
		}
		m, err := s.GetLastMsgForSubject(ctx, pollSubject(scope))
		if errors.Is(err, jetstream.ErrMsgNotFound) {
			return nil
		}
		if err == nil {
			seq = m.Sequence
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("reading the last poll record: %w", err)
	}
	return seq, nil
}

// pollSubject is the subject of the poll records of a scope.
func pollSubject(scope string) string { return scope + "." + string(events.Poll) }

// everything ends the filter of a scope: all that is behind what its subjects begin with.
const everything = ".>"

// readScopes reads scopes in one pass, in the order of the log. A message that can not be read fails its own scope only.
func (l *Log) readScopes(ctx context.Context, wanted map[string]*restore) {
	c := jetstream.OrderedConsumerConfig{HeadersOnly: true, DeliverPolicy: jetstream.DeliverLastPerSubjectPolicy}
	after := uint64(math.MaxUint64)
	for scope, r := range wanted {
		c.FilterSubjects, after = append(c.FilterSubjects, scope+everything), min(after, r.after)
		if r.after == 0 {
			r.st, r.most = events.ScopeState{Heads: events.NewHeads()}, 0
		}
	}
	if after > 0 {
		c.DeliverPolicy, c.OptStartSeq = jetstream.DeliverByStartSequencePolicy, after+1
	}
	err := l.each(ctx, events.Stream, c, func(m jetstream.Msg, meta *jetstream.MsgMetadata) error {
		if r := wanted[scopeOf(m.Subject())]; r != nil && r.err == nil && meta.Sequence.Stream > r.after {
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

// take takes note of an event of an entity, or of a poll record.
func (r *restore) take(seq uint64, m jetstream.Msg) error {
	key, err := events.ParseSubject(m.Subject())
	if err != nil {
		return err
	}
	head, err := events.ParseHead(seq, m.Headers())
	if err != nil {
		return err
	}
	r.st.Take(key, head)
	r.most = max(r.most, head.Seq)
	return nil
}

// prove says whether the scope was read as a whole. Without a poll record nothing can be half of a batch: its first message is
// the poll record. The scope is cold, or so long at rest that its last poll record has expired and only entities that never
// expire are left.
func (r *restore) prove() error {
	if st := r.st; st.PollSeq != 0 && r.most != st.PollSeq+st.N {
		return fmt.Errorf("%w: the last message is %d, the poll record %d is followed by %d events", errTorn, r.most, st.PollSeq, st.N)
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

// Replay reads every retained message with from <= sequence <= to, in order.
func (l *Log) Replay(ctx context.Context, from, to uint64, f func(events.Record) error) error {
	errEnd := errors.New("end")
	err := l.each(ctx, events.Stream, jetstream.OrderedConsumerConfig{
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
