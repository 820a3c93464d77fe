// Package streamtest is the event log in memory, and the tests that every event log has to pass.
//
// The contract: Memory behaves as internal/stream does on a real server, as far as the two conformance suites TestLog and
// TestSource ask. What it adds is faults on demand.
package streamtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"artery/internal/events"
)

// Memory is a log in memory. It is safe for concurrent use.
type Memory struct {
	// Fault is asked before each Append; nil means no faults. With an error, apply says whether the batch is written all
	// the same: events.ErrUnknown with apply is a lost reply, without it a lost request.
	Fault func(b events.Batch) (apply bool, err error)
	// KeepFault is asked before each Keep, as Fault is.
	KeepFault func() (apply bool, err error)
	// Now gives the time of storage; nil means time.Now.
	Now func() time.Time
	// Forgetful keeps the head of each entity only, so that weeks of a large fleet fit into memory: nothing can be read but
	// by Restore, and the bodies of step logs that are to be asked for. Other bodies read as an empty object.
	Forgetful bool

	mu      sync.Mutex
	kept    map[string][]byte // checkpoint by tenant and scope
	records []events.Record
	heads   map[string]events.Head   // last event by subject; of a forgetful log the poll records only
	scopes  map[string]*events.Heads // of a forgetful log, by tenant and scope
	wanted  map[uint64][]byte        // of a forgetful log, bodies of step logs by sequence
	last    uint64
	durable map[string]*durable
	changed chan struct{} // closed and replaced when something is there to read
}

// NewMemory makes an empty log.
func NewMemory() *Memory {
	return &Memory{kept: map[string][]byte{}, heads: map[string]events.Head{}, scopes: map[string]*events.Heads{}, wanted: map[uint64][]byte{}, durable: map[string]*durable{}, changed: make(chan struct{})}
}

// errRefused is the answer to a batch that a server would not take.
var errRefused = errors.New("the log refuses the batch")

// Append writes a batch, or fails as Fault says.
func (m *Memory) Append(ctx context.Context, b events.Batch) (uint64, error) {
	if err := ctx.Err(); err != nil {
		return 0, fmt.Errorf("appending: %w: %w", events.ErrUnknown, err)
	}
	if m.Fault != nil {
		if apply, err := m.Fault(b); err != nil {
			if apply {
				_, applyErr := m.Commit(b)
				err = errors.Join(err, applyErr)
			}
			return 0, fmt.Errorf("appending: %w", err)
		}
	}
	return m.Commit(b)
}

// Commit writes a batch without faults. A test that has kept the batch of a lost request lets it arrive late with it.
func (m *Memory) Commit(b events.Batch) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if len(b.Events) > events.MaxBatchEvents {
		return 0, fmt.Errorf("appending %d events: %w", len(b.Events), errRefused)
	}
	b.Record.N = len(b.Events)
	poll := b.Record.Event(b.Origin)
	if have := m.heads[poll.Key.Subject()].Seq; have != b.Record.PrevPollSeq {
		return 0, fmt.Errorf("appending to %s: %w: its last sequence is %d, not %d", poll.Key.Subject(), events.ErrStale, have, b.Record.PrevPollSeq)
	}
	m.put(poll, b.Origin, b.Record.PrevPollSeq)
	seq := m.last
	for i, e := range b.Events {
		m.put(e, b.Origin, b.Prev[i])
	}
	m.wake()
	return seq, nil
}

func (m *Memory) put(e events.Event, o events.Origin, prev uint64) {
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	m.last++
	if m.Forgetful && e.Key.Kind != events.Poll {
		m.remember(e)
		return
	}
	m.heads[e.Key.Subject()] = e.Head(m.last)
	if m.Forgetful {
		return
	}
	m.records = append(m.records, events.Record{
		Stream: events.Stream, Epoch: 1, Seq: m.last, StoredAt: now().UTC(), Subject: e.Key.Subject(), Header: e.Header(o, prev), Body: slices.Clone(e.Body),
	})
}

// remember is put of a forgetful log.
func (m *Memory) remember(e events.Event) {
	name, id := e.Key.Tenant+"/"+e.Key.Scope, events.EntityID{Kind: e.Key.Kind, ID: e.Key.ID}
	if m.scopes[name] == nil {
		m.scopes[name] = events.NewHeads()
	}
	if e.Key.Kind == events.StepLog {
		before, _ := m.scopes[name].Get(id)
		delete(m.wanted, before.Seq)
		if e.Mark.Status != events.LogHave {
			m.wanted[m.last] = slices.Clone(e.Body)
		}
	}
	m.scopes[name].Set(id, e.Head(m.last))
}

// wake tells those who wait that there is something to read; mu is held.
func (m *Memory) wake() {
	close(m.changed)
	m.changed = make(chan struct{})
}

// Keep keeps a checkpoint, or fails as KeepFault says. A forgetful log has no use for one.
func (m *Memory) Keep(ctx context.Context, tenant, scope string, checkpoint []byte) error {
	apply, err := false, ctx.Err()
	if err == nil && m.KeepFault != nil {
		apply, err = m.KeepFault()
	}
	if (err == nil || apply) && !m.Forgetful {
		m.mu.Lock()
		m.kept[tenant+"/"+scope] = slices.Clone(checkpoint)
		m.mu.Unlock()
	}
	if err != nil {
		return fmt.Errorf("keeping a checkpoint: %w", err)
	}
	return nil
}

// Restore reads the state of a scope: its checkpoint and the headers that were written after it, or all of them.
func (m *Memory) Restore(ctx context.Context, tenant, scope string) (events.ScopeState, error) {
	if err := ctx.Err(); err != nil {
		return events.ScopeState{}, fmt.Errorf("restoring: %w", err)
	}
	if m.Forgetful {
		return m.remembered(tenant, scope)
	}
	records := m.Records()
	st := m.checkpoint(tenant, scope, records)
	after := st.PollSeq + st.N
	for _, r := range records {
		key, err := events.ParseSubject(r.Subject)
		if err != nil || key.Tenant != tenant || key.Scope != scope || r.Seq <= after {
			continue
		}
		head, err := events.ParseHead(r.Seq, r.Header)
		if err != nil {
			return events.ScopeState{}, fmt.Errorf("restoring: %w", err)
		}
		st.Take(key, head)
	}
	if after == 0 && st.Read > 0 {
		st.Read = 1 + st.Heads.Len() // a server gives the last of each subject
	}
	return st, nil
}

// checkpoint is the state with which a restore begins: that of the checkpoint, without what has expired, if its poll record is
// one of the records.
func (m *Memory) checkpoint(tenant, scope string, records []events.Record) events.ScopeState {
	m.mu.Lock()
	text := m.kept[tenant+"/"+scope]
	m.mu.Unlock()
	at := func(seq uint64) (int, bool) {
		return slices.BinarySearchFunc(records, seq, func(r events.Record, seq uint64) int { return cmp.Compare(r.Seq, seq) })
	}
	st, err := events.ReadCheckpoint(text, func(_ events.Kind, seq uint64, _ int64) (bool, error) {
		_, there := at(seq)
		return there, nil
	})
	i, there := at(st.PollSeq)
	if err != nil || !there || records[i].Subject != events.PollKey(tenant, scope).Subject() {
		return events.ScopeState{Heads: events.NewHeads()}
	}
	if head, err := events.ParseHead(st.PollSeq, records[i].Header); err != nil || !st.EndsWith(head) {
		return events.ScopeState{Heads: events.NewHeads()}
	}
	return st
}

// remembered is Restore of a forgetful log.
func (m *Memory) remembered(tenant, scope string) (events.ScopeState, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	poll := m.heads[events.PollKey(tenant, scope).Subject()]
	st := events.ScopeState{PollSeq: poll.Seq, PollID: poll.Mark.Parent, N: uint64(poll.Mark.Number), Heads: events.NewHeads()}
	for id, head := range m.scopes[tenant+"/"+scope].All() {
		st.Heads.Set(id, head)
	}
	st.Read = st.Heads.Len()
	return st, nil
}

// Bodies reads the bodies of messages by their sequences. Those that have expired are not in the answer.
func (m *Memory) Bodies(ctx context.Context, seqs []uint64) (map[uint64][]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, fmt.Errorf("reading bodies: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	out := make(map[uint64][]byte, len(seqs))
	for _, seq := range seqs {
		i, found := slices.BinarySearchFunc(m.records, seq, func(r events.Record, seq uint64) int { return cmp.Compare(r.Seq, seq) })
		switch body, wanted := m.wanted[seq]; {
		case found:
			out[seq] = slices.Clone(m.records[i].Body)
		case wanted:
			out[seq] = slices.Clone(body)
		case m.Forgetful:
			out[seq] = []byte("{}")
		}
	}
	return out, nil
}

// Records returns every record that the log holds, in order.
func (m *Memory) Records() []events.Record {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.records)
}

// Replay reads every record with from <= sequence <= to, in order.
func (m *Memory) Replay(_ context.Context, from, to uint64, f func(events.Record) error) error {
	for _, r := range m.Records() {
		if r.Seq < from || r.Seq > to {
			continue
		}
		if err := f(r); err != nil {
			return fmt.Errorf("replaying: %w", err)
		}
	}
	return nil
}

// Expire takes records out of the log, as the end of their TTL does.
func (m *Memory) Expire(seqs ...uint64) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records = slices.DeleteFunc(m.records, func(r events.Record) bool { return slices.Contains(seqs, r.Seq) })
	maps.DeleteFunc(m.heads, func(_ string, h events.Head) bool { return slices.Contains(seqs, h.Seq) })
}
