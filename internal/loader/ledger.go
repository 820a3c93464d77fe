package loader

import "slices"

// ledger knows which sequences this process has stored, and so how far it may acknowledge. An acknowledgement covers
// everything before it, whoever received it; so it is allowed only up to a sequence S of which everything after the
// consumer's floor has been stored here. A consumer that several loaders read is safe by this rule alone: what another
// loader holds unstored is a hole here, and the hole ends what may be acknowledged.
type ledger struct {
	floor uint64 // everything up to it is acknowledged
	spans []span // stored and not acknowledged: sorted, disjoint, not adjacent
	again bool   // something up to the floor was delivered: the server has lost or ignored an acknowledgement
}

type span struct{ from, to uint64 }

// store notes that a sequence is stored. One that was acknowledged before comes again when the server does not know of it:
// it ignores an acknowledgement whose delivery is older than one that it has taken, and still says yes.
func (l *ledger) store(seq uint64) {
	if seq <= l.floor {
		l.again = true
		return
	}
	l.add(span{seq, seq})
}

// void notes that the stream holds nothing between from and to: expired messages leave holes that nobody can store.
func (l *ledger) void(from, to uint64) { l.add(span{from, to}) }

func (l *ledger) add(s span) {
	s.from = max(s.from, l.floor+1)
	if s.to < s.from {
		return
	}
	// The common case is the next sequence.
	if n := len(l.spans); n > 0 && s.from >= l.spans[n-1].from && s.from <= l.spans[n-1].to+1 {
		l.spans[n-1].to = max(l.spans[n-1].to, s.to)
		return
	}
	i := 0
	for i < len(l.spans) && l.spans[i].to+1 < s.from {
		i++
	}
	j := i
	for j < len(l.spans) && l.spans[j].from <= s.to+1 {
		s.from, s.to = min(s.from, l.spans[j].from), max(s.to, l.spans[j].to)
		j++
	}
	l.spans = slices.Replace(l.spans, i, j, s)
}

// ackable is the highest sequence that has to be acknowledged and may be, or 0.
func (l *ledger) ackable() uint64 {
	switch {
	case len(l.spans) > 0 && l.spans[0].from == l.floor+1:
		return l.spans[0].to
	case l.again:
		return l.floor
	}
	return 0
}

// acked notes that the server has been told of everything up to seq.
func (l *ledger) acked(seq uint64) {
	l.again = false
	l.raise(seq)
}

// hole is the span after the floor that is not stored here but in front of something that is.
func (l *ledger) hole() (from, to uint64, ok bool) {
	if len(l.spans) == 0 || l.spans[0].from == l.floor+1 {
		return 0, 0, false
	}
	return l.floor + 1, l.spans[0].from - 1, true
}

// raise moves the floor up: by our own acknowledgement or another loader's.
func (l *ledger) raise(floor uint64) {
	if floor <= l.floor {
		return
	}
	l.floor = floor
	for len(l.spans) > 0 && l.spans[0].to <= floor {
		l.spans = l.spans[1:]
	}
	if len(l.spans) > 0 && l.spans[0].from <= floor {
		l.spans[0].from = floor + 1
	}
}
