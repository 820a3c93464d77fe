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

// surelyThere is how long before the end of its TTL a message is there without being asked for: the TTL counts from when the
// server stored it, by the server's clock.
const surelyThere = 10 * time.Minute

// mostAsked bounds the questions about one checkpoint. More are needed only after the TTL was made shorter, or when very many
// messages were stored within surelyThere; a full read is then as cheap.
const mostAsked = 200

// leftOver tells which messages of a scope the log still has. Only the server's word counts: a head that is wrongly left out would
// be written again, as new. Of a kind that expires the oldest go first. So what comes before the first message that is there is
// gone, and so is everything that its subject held before. What comes after is there, unless the TTL was made shorter: then a
// message can go before an older one of the same subject, and only a full read says which is the last.
type leftOver struct {
	stream jetstream.Stream
	first  uint64 // sequence that the log has
	prefix string // of the scope's subjects
	ttl    time.Duration
	now    time.Time

	asked int
	kind  events.Kind // that was asked about last
	from  uint64      // sequence of the first message of kind that is there
}

// has says whether the log has the message of a head. The heads of a kind come one after the other.
func (l *leftOver) has(ctx context.Context, kind events.Kind, seq uint64, at int64) (_ bool, err error) {
	if seq < l.first || !events.RulesOf(kind).Expires {
		return seq >= l.first, nil
	}
	if kind != l.kind {
		if l.from, err = l.next(ctx, kind, 1); err != nil {
			return false, err
		}
		l.kind = kind
	}
	if seq <= l.from || time.UnixMilli(at).Add(l.ttl-surelyThere).After(l.now) {
		return seq >= l.from, nil
	}
	next, err := l.next(ctx, kind, seq)
	if err == nil && next != seq {
		err = fmt.Errorf("message %d has left the log before an older one", seq)
	}
	return err == nil, err
}

// next is the sequence of the first message of a kind from a sequence on.
func (l *leftOver) next(ctx context.Context, kind events.Kind, from uint64) (uint64, error) {
	if l.asked++; l.asked > mostAsked {
		return 0, fmt.Errorf("more than %d messages may have expired out of turn", mostAsked)
	}
	m, err := l.stream.GetMsg(ctx, from, jetstream.WithGetMsgSubject(l.prefix+"."+string(kind)+".*"))
	switch {
	case errors.Is(err, jetstream.ErrMsgNotFound):
		return math.MaxUint64, nil
	case err != nil:
		return 0, fmt.Errorf("asking what has expired: %w", err)
	}
	return m.Sequence, nil
}
