package events

import "errors"

// The outcomes of an append that are not success. Both mean: believe nothing that memory says of the scope, read it
// again, and compare again.
var (
	// ErrStale says that another writer appended to the scope since it was read. Nothing was applied.
	ErrStale = errors.New("the scope has moved on")
	// ErrUnknown says that the reply was lost: the batch may or may not be in the log.
	ErrUnknown = errors.New("the outcome is unknown")
)

// Batch is what one append writes: the poll record and at most MaxBatchEvents events, all or nothing.
type Batch struct {
	Origin Origin
	Record PollRecord // PrevPollSeq is the expected last sequence of the scope's poll subject
	Events []Event
	Prev   []uint64 // sequence of each entity's previous event
}

// ScopeState is the state of a scope, read from the log and proved: its greatest sequence is that of the last event of its
// last batch.
type ScopeState struct {
	PollSeq uint64 // sequence of the last poll record; 0 = nothing was ever written, a cold start
	PollID  string // its poll round
	N       uint64 // events that follow the poll record
	Heads   *Heads
	Read    int // messages that were read for it: after a checkpoint, or all
}

// Take takes note of a message of the scope. One that comes later replaces an earlier one.
func (st *ScopeState) Take(key Key, head Head) {
	st.Read++
	if key.Kind == Poll {
		st.PollSeq, st.PollID, st.N = head.Seq, head.Mark.Parent, uint64(head.Mark.Number)
		return
	}
	st.Heads.Set(EntityID{Kind: key.Kind, ID: key.ID}, head)
}

// EndsWith says whether a poll record of the scope is the last one that the state knows of.
func (st ScopeState) EndsWith(poll Head) bool {
	return poll.Seq == st.PollSeq && poll.Mark.Parent == st.PollID && uint64(poll.Mark.Number) == st.N
}

// EntityID names an entity inside its scope.
type EntityID struct {
	Kind Kind
	ID   string
}

// Cut divides events into batches that keep the limits, in order. It returns the number of events of each batch; an
// empty round is one batch of none.
func Cut(events []Event) []int {
	sizes, n, bytes := []int{}, 0, 0
	for _, e := range events {
		size := len(e.Body) + 1024 // headers are well under 1 KiB
		if n == MaxBatchEvents || n > 0 && bytes+size > MaxBatchBytes {
			sizes, n, bytes = append(sizes, n), 0, 0
		}
		n, bytes = n+1, bytes+size
	}
	return append(sizes, n)
}
