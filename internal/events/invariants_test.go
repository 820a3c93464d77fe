package events

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// written makes the records of rounds on scope s1 as an honest log holds them. Each round is a list of "id=state".
func written(rounds ...[]string) []Record {
	o := origin
	o.Scope = "s1"
	heads := map[string]Head{}
	var out []Record
	var seq, poll uint64
	add := func(e Event, prev uint64) {
		seq++
		out = append(out, Record{Stream: Stream, Seq: seq, Subject: e.Key.Subject(), Header: e.Header(o, prev), Body: e.Body})
	}
	for i, round := range rounds {
		o.PollID = fmt.Sprintf("poll-%d", i)
		add(PollRecord{PollID: o.PollID, PrevPollSeq: poll, N: len(round)}.Event(o), poll)
		poll = seq
		for _, change := range round {
			id, state, _ := strings.Cut(change, "=")
			s := Snapshot{Kind: Pipeline, ID: id, At: instant, Body: []byte(`{}`), Hash: hashOf([]byte(state))}
			head, known := heads[id]
			e, _ := Diff(head, known, s, o)
			e.Hash = s.Hash // also when nothing changed
			e.Key = Key{o.Tenant, o.Scope, Pipeline, id}
			if e.Op == "" {
				e.Op, e.At, e.PrevHash = Changed, instant, head.Hash
			}
			add(e, head.Seq)
			heads[id] = e.Head(seq)
		}
	}
	return out
}

func TestCheckHonestLog(t *testing.T) {
	log := written([]string{"a=1", "b=1"}, nil, []string{"a=2"}, []string{"a=1", "b=2"}, []string{"b=1", "a=2"})
	if faults := Check(log, true); faults != nil {
		t.Errorf("a whole log: %v", faults)
	}
	for from := range log { // what was first has expired, or is not read
		if faults := Check(log[from:], false); faults != nil {
			t.Errorf("from message %d on: %v", from, faults)
		}
	}
	if faults := Check(nil, true); faults != nil {
		t.Errorf("an empty log: %v", faults)
	}
}

// TestCheckFindsFaults breaks the honest log in one place each time.
func TestCheckFindsFaults(t *testing.T) {
	honest := func() []Record { // 1 poll, 2 a=1, 3 b=1, 4 poll, 5 a=2, 6 poll, 7 a=1, 8 b=2
		return written([]string{"a=1", "b=1"}, []string{"a=2"}, []string{"a=1", "b=2"})
	}
	drop := func(seq int) func([]Record) []Record {
		return func(r []Record) []Record { return slices.Delete(r, seq-1, seq) }
	}
	for _, c := range []struct {
		name, want string
		whole      bool
		damage     func([]Record) []Record
	}{
		{"an event is lost", "I3: message 4 ", false, drop(3)},
		{"a poll record is lost", "I3: message 5 ", false, drop(4)},
		{"the successor of a lost poll record", "I4: message 6 ", false, drop(4)},
		{"the last event is lost", "I3: the log ends before the last 1 events of the poll record 6", false, drop(8)},
		{"an event is lost, the next one knows it", "I1: message 7 ", false, drop(5)},
		{"events without a poll record", "I3: message 2 ", true, drop(1)},
		{"a state is written twice", "I2: message 5 ", false, func([]Record) []Record {
			return written([]string{"a=1", "b=1"}, []string{"a=1"})
		}},
		{"a round is written twice", "I1: message 5 ", false, func(r []Record) []Record {
			again := slices.Clone(r[:3])
			for i := range again {
				again[i].Seq += 3
			}
			return append(r[:3], again...)
		}},
		{"another scope inside the batch", "I3: message 3 ", false, func(r []Record) []Record {
			r[2].Subject = Key{"acme", "s2", Pipeline, "b"}.Subject()
			return r
		}},
		{"another round inside the batch", "I3: message 3 ", false, func(r []Record) []Record {
			r[2].Header[HeaderPollID] = []string{"other"}
			return r
		}},
		{"a mark that differs", "I3: message 4 ", false, func(r []Record) []Record {
			r[3].Header[HeaderMark] = []string{"poll-1|2||1|0"}
			return r
		}},
		{"a first poll record with a predecessor", "I4: message 3 ", true, func([]Record) []Record {
			return written([]string{"a=1"}, []string{"a=2"})[2:]
		}},
		{"records out of order", "order: message 4 ", false, func(r []Record) []Record {
			r[3], r[4] = r[4], r[3]
			return r
		}},
		{"a subject that is not ours", "subject: message 2 ", false, func(r []Record) []Record {
			r[1].Subject = "artery.x"
			return r
		}},
		{"headers that are not ours", "headers: message 2 ", false, func(r []Record) []Record {
			r[1].Header = nil
			return r
		}},
	} {
		faults := Check(c.damage(honest()), c.whole)
		if !slices.ContainsFunc(faults, func(err error) bool { return strings.HasPrefix(err.Error(), c.want) }) {
			t.Errorf("%s: faults %v, want one that begins with %q", c.name, faults, c.want)
		}
	}
}
