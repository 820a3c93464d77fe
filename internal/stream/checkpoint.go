package stream

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"artery/internal/events"
)

// loadsAtOnce bounds the checkpoints that are on their way: each is in memory twice, as bytes and as heads.
const loadsAtOnce = 2

// errNoCheckpoint says that there is none.
var errNoCheckpoint = errors.New("there is no checkpoint")

func checkpointHead(epoch uint16, prefix string) []byte {
	b := binary.AppendUvarint(binary.AppendUvarint(nil, uint64(epoch)), uint64(len(prefix)))
	return append(b, prefix...)
}

// scopePrefix is what all subjects of a scope begin with: three tokens.
func scopePrefix(tenant, scope string) string {
	return strings.TrimSuffix(events.ScopeFilter(tenant, scope), everything)
}

// resume begins the restore of a scope with its checkpoint, if the log agrees with it: the checkpoint is a function of all that
// the log holds of the scope up to a batch, and the poll record of that batch still stands where the checkpoint says. What has
// left the log since then is left out.
func (l *Log) resume(ctx context.Context, prefix string) (*restore, error) {
	select {
	case l.loads <- struct{}{}:
		defer func() { <-l.loads }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	ctx, cancel := context.WithTimeout(ctx, checkpointTimeout)
	defer cancel()
	object, err := l.load(ctx, prefix)
	if err != nil {
		return nil, err
	}
	checkpoint, ours := bytes.CutPrefix(object, checkpointHead(l.epoch, prefix))
	if !ours {
		return nil, fmt.Errorf("the checkpoint is not of this scope in epoch %d of the stream", l.epoch)
	}
	s, err := l.js.Stream(ctx, events.Stream)
	if err != nil {
		return nil, err
	}
	left := leftOver{stream: s, first: s.CachedInfo().State.FirstSeq, prefix: prefix, ttl: l.ttl, now: time.Now()}
	st, err := events.ReadCheckpoint(checkpoint, func(kind events.Kind, seq uint64, at int64) (bool, error) {
		return left.has(ctx, kind, seq, at)
	})
	if err != nil {
		return nil, err
	}
	poll, err := s.GetMsg(ctx, st.PollSeq)
	if err != nil {
		return nil, fmt.Errorf("the log does not have the poll record %d of the checkpoint: %w", st.PollSeq, err)
	}
	head, err := events.ParseHead(poll.Sequence, poll.Header)
	if err != nil || poll.Subject != pollSubject(prefix) || !st.EndsWith(head) {
		return nil, fmt.Errorf("message %d is not the poll record %s of the checkpoint: the log is another one", st.PollSeq, st.PollID)
	}
	last := st.PollSeq + st.N
	return &restore{scope: prefix, st: st, after: last, most: last}, nil
}
