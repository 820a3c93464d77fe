package loader

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"artery/internal/events"
)

// memoryLog is a log with one durable consumer in memory, with the server's rules for acknowledging everything up to a
// sequence: an acknowledgement whose delivery is older than one that was taken changes nothing and is answered with yes;
// what is not acknowledged within ackWait is delivered again, to any reader.
//
// After each acknowledgement it checks the one promise of the package: nothing is acknowledged that is not stored.
type memoryLog struct {
	t       testing.TB
	now     func() time.Time
	ackWait time.Duration
	maxPend int
	stored  func(seq uint64) bool

	mu       sync.Mutex
	changed  chan struct{} // closed and made anew at each change; guarded by mu, as is all below
	msgs     []events.Record
	expired  map[uint64]bool
	next     uint64 // sequence of the next first delivery
	number   uint64 // of the last delivery
	floor    uint64
	floorNum uint64
	pending  map[uint64]time.Time // until it is delivered again
	attempts map[uint64]uint64
	redo     []uint64
}

func newMemoryLog(t testing.TB, now func() time.Time, n int) *memoryLog {
	l := &memoryLog{
		t: t, now: now, ackWait: 30 * time.Second, maxPend: 1 << 30, changed: make(chan struct{}), expired: map[uint64]bool{},
		next: 1, pending: map[uint64]time.Time{}, attempts: map[uint64]uint64{},
	}
	l.publish(n)
	return l
}

func (l *memoryLog) publish(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for range n {
		seq := uint64(len(l.msgs) + 1)
		r := testRecord(seq)
		l.msgs = append(l.msgs, r)
	}
	l.wake()
}

func (l *memoryLog) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

// expire removes messages, as a TTL does. What was delivered and is gone can not be delivered again.
func (l *memoryLog) expire(seqs ...uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, seq := range seqs {
		l.expired[seq] = true
		delete(l.pending, seq)
	}
}

// deliver takes up to n messages for a reader.
func (l *memoryLog) deliver(r *memoryReader, n int) []events.Delivery {
	l.mu.Lock()
	defer l.mu.Unlock()
	var late []uint64
	for seq, until := range l.pending {
		if !l.now().Before(until) {
			late = append(late, seq)
			l.pending[seq] = l.now().Add(l.ackWait)
		}
	}
	slices.Sort(late)
	l.redo = append(l.redo, late...)
	var out []events.Delivery
	send := func(seq uint64) {
		l.number++
		l.attempts[seq]++
		l.pending[seq] = l.now().Add(l.ackWait)
		r.replies[seq] = l.number
		out = append(out, events.Delivery{Record: l.msgs[seq-1], Attempt: l.attempts[seq]})
	}
	for len(out) < n && len(l.redo) > 0 {
		seq := l.redo[0]
		l.redo = l.redo[1:]
		if _, ok := l.pending[seq]; ok {
			send(seq)
		}
	}
	for len(out) < n && l.next <= uint64(len(l.msgs)) && len(l.pending) < l.maxPend {
		if !l.expired[l.next] {
			send(l.next)
		}
		l.next++
	}
	return out
}

func (l *memoryLog) ack(seq, number uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if number <= l.floorNum || seq <= l.floor {
		return
	}
	for s := l.floor + 1; s <= seq; s++ {
		if !l.expired[s] && !l.stored(s) {
			l.t.Errorf("sequence %d was acknowledged (with everything up to %d) and is not stored", s, seq)
		}
	}
	l.floor, l.floorNum = seq, number
	maps.DeleteFunc(l.pending, func(s uint64, _ time.Time) bool { return s <= seq })
	l.wake()
}

// state is how far the consumer is, and how many messages its readers hold.
func (l *memoryLog) state() (floor uint64, held int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.floor, len(l.pending)
}

func (l *memoryLog) done() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.pending) == 0 && l.next > uint64(len(l.msgs))
}

// memoryReader is one loader's Source.
type memoryReader struct {
	log     *memoryLog
	batch   int
	ackErr  func() (applied bool, err error) // a fault of the next acknowledgement; nil = none
	replies map[uint64]uint64                // guarded by log.mu
}

func (l *memoryLog) reader(batch int) *memoryReader {
	return &memoryReader{log: l, batch: batch, replies: map[uint64]uint64{}}
}

func (r *memoryReader) Next(ctx context.Context, _ time.Duration) ([]events.Delivery, error) {
	for {
		r.log.mu.Lock()
		changed := r.log.changed
		r.log.mu.Unlock()
		if ds := r.log.deliver(r, r.batch); len(ds) > 0 {
			return ds, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-changed:
		case <-time.After(r.log.ackWait / 10):
		}
	}
}

func (r *memoryReader) Ack(_ context.Context, seq uint64) error {
	r.log.mu.Lock()
	var at uint64
	for s := range r.replies {
		if s <= seq {
			at = max(at, s)
		}
	}
	number := r.replies[at]
	r.log.mu.Unlock()
	if at == 0 {
		return nil
	}
	if r.ackErr != nil {
		if applied, err := r.ackErr(); err != nil {
			if applied {
				r.log.ack(at, number)
			}
			return err
		}
	}
	r.log.ack(at, number)
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	maps.DeleteFunc(r.replies, func(s, _ uint64) bool { return s <= seq })
	return nil
}

func (r *memoryReader) Floor(context.Context) (events.Floor, error) {
	l := r.log
	l.mu.Lock()
	defer l.mu.Unlock()
	f := events.Floor{Seq: l.floor, Pending: len(l.pending), Waiting: uint64(len(l.msgs)) + 1 - l.next}
	for s := l.floor + 1; s <= uint64(len(l.msgs)); s++ {
		if !l.expired[s] {
			f.First = s
			break
		}
	}
	return f, nil
}

// memoryTable counts how often each sequence was stored.
type memoryTable struct {
	// fault says what becomes of an insert: how many of its rows are stored, and the error. nil = all and none.
	fault func(ctx context.Context, seqs []uint64) (int, error)

	mu   sync.Mutex
	rows map[uint64]int // guarded by mu
}

func (m *memoryTable) Insert(ctx context.Context, b *Block) error {
	if b.Events.Len()+len(b.Quarantined) != len(b.seqs) {
		return fmt.Errorf("%d rows and %d quarantined of %d messages", b.Events.Len(), len(b.Quarantined), len(b.seqs))
	}
	n, err := len(b.seqs), error(nil)
	if m.fault != nil {
		n, err = m.fault(ctx, b.seqs)
	}
	m.store(b.seqs[:n]...)
	return err
}

func (m *memoryTable) store(seqs ...uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.rows == nil {
		m.rows = map[uint64]int{}
	}
	for _, seq := range seqs {
		m.rows[seq]++
	}
}

func (m *memoryTable) has(seq uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.rows[seq] > 0
}

var errFault = errors.New("planned fault")

// testRecord is a good event, different for each sequence.
func testRecord(seq uint64) events.Record {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(seq) * time.Second)
	id := fmt.Sprintf("run%d", seq)
	return events.Record{
		Stream: events.Stream, Epoch: 1, Seq: seq, StoredAt: at.Add(123456789),
		Subject: "artery.acme.p1.run." + id,
		Header: map[string][]string{
			"ce-id": {fmt.Sprintf("%032x", seq)}, "ce-op": {"created"}, "ce-time": {at.Format(time.RFC3339)},
			"ce-specversion": {"1.0"}, "content-type": {"application/json"},
		},
		Body: fmt.Appendf(nil, `{"pipeline_run_id":%q}`, id),
	}
}
