package streamtest

import (
	"context"
	"slices"
	"sync"
	"time"

	"artery/internal/events"
)

// durable is a place in the log that several readers share: what is delivered to one of them is not delivered to another,
// until it is delivered again.
type durable struct {
	floor    uint64
	next     uint64            // the first sequence that was never delivered
	pending  map[uint64]uint64 // delivered and not acknowledged: how often
	again    []uint64          // to be delivered again, in order
	deadline map[uint64]time.Time
}

// Reader is one reader of a durable. One goroutine may read while another acknowledges.
type Reader struct {
	log     *Memory
	durable *durable
	batch   int
	ackWait time.Duration

	mu   sync.Mutex
	held map[uint64]bool // delivered here and not acknowledged; guarded by mu
}

// Consume opens a durable, making it when it is missing. batch bounds what one Next returns. What is not acknowledged
// within ackWait is delivered again; 0 means only when Redeliver says so.
func (m *Memory) Consume(name string, batch int, ackWait time.Duration) *Reader {
	m.mu.Lock()
	defer m.mu.Unlock()
	d := m.durable[name]
	if d == nil {
		d = &durable{next: 1, pending: map[uint64]uint64{}, deadline: map[uint64]time.Time{}}
		m.durable[name] = d
	}
	return &Reader{log: m, durable: d, batch: batch, ackWait: ackWait, held: map[uint64]bool{}}
}

// Redeliver makes everything that a durable has delivered and nobody acknowledged due again, as the end of the time to
// acknowledge does.
func (m *Memory) Redeliver(name string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if d := m.durable[name]; d != nil {
		d.redeliver(func(uint64) bool { return true })
	}
	m.wake()
}

func (d *durable) redeliver(due func(uint64) bool) {
	for seq := range d.pending {
		if due(seq) && !slices.Contains(d.again, seq) {
			d.again = append(d.again, seq)
			delete(d.deadline, seq)
		}
	}
	slices.Sort(d.again)
}

// Next waits for a record, then takes what comes within linger, up to the batch size.
func (r *Reader) Next(ctx context.Context, linger time.Duration) ([]events.Delivery, error) {
	var out []events.Delivery
	var end <-chan time.Time
	for {
		wait, changed, due := r.take(&out)
		if len(out) == r.batch {
			return out, nil
		}
		if len(out) > 0 && end == nil {
			timer := time.NewTimer(linger)
			defer timer.Stop()
			end = timer.C
		}
		var again <-chan time.Time
		if due {
			timer := time.NewTimer(wait)
			defer timer.Stop()
			again = timer.C
		}
		select {
		case <-ctx.Done():
			return out, ctx.Err()
		case <-end:
			return out, nil
		case <-changed:
		case <-again:
		}
	}
}

// take moves what can be delivered now to out. It returns when the next delivery falls due again, if any does.
func (r *Reader) take(out *[]events.Delivery) (wait time.Duration, changed <-chan struct{}, due bool) {
	m, d, now := r.log, r.durable, time.Now()
	m.mu.Lock()
	defer m.mu.Unlock()
	d.redeliver(func(seq uint64) bool { at, ok := d.deadline[seq]; return ok && !at.After(now) })
	for len(*out) < r.batch && len(d.again) > 0 {
		seq := d.again[0]
		d.again = d.again[1:]
		if i, found := m.find(seq); found && d.pending[seq] > 0 {
			r.deliver(out, m.records[i], now)
		} else {
			delete(d.pending, seq)
		}
	}
	for i, _ := m.find(d.next); len(*out) < r.batch && i < len(m.records); i++ {
		d.next = m.records[i].Seq + 1
		r.deliver(out, m.records[i], now)
	}
	for _, at := range d.deadline {
		if left := max(at.Sub(now), 0); !due || left < wait {
			wait, due = left, true
		}
	}
	return wait, m.changed, due
}

func (r *Reader) deliver(out *[]events.Delivery, record events.Record, now time.Time) {
	d := r.durable
	d.pending[record.Seq]++
	if r.ackWait > 0 {
		d.deadline[record.Seq] = now.Add(r.ackWait)
	}
	r.mu.Lock()
	r.held[record.Seq] = true
	r.mu.Unlock()
	*out = append(*out, events.Delivery{Record: record, Attempt: d.pending[record.Seq]})
}

// find returns the index of the first record at or after seq, and whether it is that of seq; mu is held.
func (m *Memory) find(seq uint64) (int, bool) {
	return slices.BinarySearchFunc(m.records, seq, func(r events.Record, seq uint64) int {
		switch {
		case r.Seq < seq:
			return -1
		case r.Seq > seq:
			return 1
		}
		return 0
	})
}

// Ack acknowledges everything up to seq, whoever received it. Sequences that were never delivered here are rounded down
// to the last that was.
func (r *Reader) Ack(ctx context.Context, seq uint64) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	var at uint64
	r.mu.Lock()
	for s := range r.held {
		if s <= seq {
			at = max(at, s)
		}
	}
	for s := range r.held {
		if s <= at {
			delete(r.held, s)
		}
	}
	r.mu.Unlock()
	r.log.mu.Lock()
	defer r.log.mu.Unlock()
	d := r.durable
	d.floor = max(d.floor, at)
	for s := range d.pending {
		if s <= at {
			delete(d.pending, s)
			delete(d.deadline, s)
		}
	}
	return nil
}

// Floor tells how far the durable is, all its readers together.
func (r *Reader) Floor(ctx context.Context) (events.Floor, error) {
	if err := ctx.Err(); err != nil {
		return events.Floor{}, err
	}
	m, d := r.log, r.durable
	m.mu.Lock()
	defer m.mu.Unlock()
	f := events.Floor{Seq: d.floor, Pending: len(d.pending)}
	if i, _ := m.find(d.floor + 1); i < len(m.records) {
		f.First = m.records[i].Seq
	}
	i, _ := m.find(d.next)
	f.Waiting = uint64(len(m.records) - i)
	return f, nil
}
