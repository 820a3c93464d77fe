package events

import (
	"strings"
	"testing"
	"time"
)

// proofLog writes the life of one entity as an honest log holds it: rounds that see it or lack it, each with its own facts.
type proofLog struct {
	kind Kind
	head Head
	poll uint64
	seq  uint64
	out  []Record
}

// round writes a poll record and what it says of the entity: created, or gone with the answer of a direct look.
func (l *proofLog) round(id string, op Op, after time.Duration, answer string, facts func(*Sweep)) {
	o := origin
	o.Scope, o.PollID, o.At = "s1", id, instant.Add(after)
	sweep := Sweep{Poller: "test", Kinds: []Kind{l.kind}, Complete: true, Total: 3}
	if facts != nil {
		facts(&sweep)
	}
	add := func(e Event, prev uint64) {
		l.seq++
		l.out = append(l.out, Record{Stream: Stream, Seq: l.seq, Subject: e.Key.Subject(), Header: e.Header(o, prev), Body: e.Body})
	}
	add(PollRecord{PollID: id, PrevPollSeq: l.poll, N: 1, Last: true, Sweep: sweep}.Event(o), l.poll)
	l.poll = l.seq
	var e Event
	if op.Gone() {
		e, _ = Gone(l.head, Absence{Entity: EntityID{l.kind, "x"}, Seq: l.head.Seq, Op: op, At: o.At, Answer: answer}, []byte(`{}`), o)
	} else {
		e, _ = Diff(l.head, l.head.Seq > 0, Snapshot{Kind: l.kind, ID: "x", At: o.At, Body: []byte(`{}`), Hash: hashOf([]byte(id)), Mark: Mark{Parent: "p", From: instant.UnixMilli()}}, o)
	}
	add(e, l.head.Seq)
	l.head = e.Head(l.seq)
}

// TestProof: what is gone is gone with proof, and the log alone shows where there is none.
func TestProof(t *testing.T) {
	type step struct {
		op     Op
		after  time.Duration
		answer string
		facts  func(*Sweep)
	}
	const day = 24 * time.Hour
	incomplete := func(s *Sweep) { s.Complete = false }
	empty := func(s *Sweep) { s.Total = 0 }
	confirmed := func(s *Sweep) { s.Total, s.Confirmed = 0, true }
	other := func(s *Sweep) { s.Kinds = []Kind{Run} }
	seen := step{op: Created}
	for _, c := range []struct {
		name  string
		kind  Kind
		steps []step
		want  string // of the fault; "" = none
	}{
		{"two sweeps and a look", Pipeline, []step{seen, {op: Missing, after: time.Millisecond}, {op: Deleted, after: time.Minute, answer: "DEVPIPE.00011401"}}, ""},
		{"and back again", Pipeline, []step{seen, {op: Missing, after: time.Millisecond}, {op: Deleted, after: time.Minute, answer: "X"}, {op: Restored, after: time.Hour}}, ""},
		{"missing and back", Pipeline, []step{seen, {op: Missing, after: time.Millisecond}, {op: Restored, after: time.Minute}, {op: Missing, after: time.Hour}}, ""},
		{"three sweeps over a day", Repository, []step{seen, {op: Missing, after: time.Millisecond}, {op: Missing, after: time.Hour}, {op: Deleted, after: day + time.Millisecond}}, ""},
		{"an operator confirms an empty list", Pipeline, []step{seen, {op: Missing, after: time.Millisecond, facts: confirmed}, {op: Deleted, after: time.Minute, answer: "X", facts: confirmed}}, ""},
		{"a run expires", Run, []step{seen, {op: Expired, after: Retention}}, ""},
		{"at once", Pipeline, []step{seen, {op: Deleted, after: time.Millisecond, answer: "X"}}, "too few sweeps"},
		{"without a look", Pipeline, []step{seen, {op: Missing, after: time.Millisecond}, {op: Deleted, after: time.Minute}}, "CodeArts has not said so"},
		{"too soon", Repository, []step{seen, {op: Missing, after: 0}, {op: Missing, after: time.Hour}, {op: Deleted, after: day - time.Millisecond}}, "too soon"},
		{"after two", Repository, []step{seen, {op: Missing, after: time.Millisecond}, {op: Deleted, after: day + time.Hour}}, "too few sweeps"},
		{"an incomplete sweep", Pipeline, []step{seen, {op: Missing, after: time.Millisecond, facts: incomplete}}, "not seen everything"},
		{"a sweep of another kind", Pipeline, []step{seen, {op: Missing, after: time.Millisecond, facts: other}}, "not seen everything"},
		{"an empty list", Pipeline, []step{seen, {op: Missing, after: time.Millisecond, facts: empty}}, "seen nothing at all"},
		{"a gate", Gate, []step{seen, {op: Missing, after: time.Millisecond}}, "never deleted"},
		{"a run deleted", Run, []step{seen, {op: Missing, after: time.Millisecond}}, "never deleted"},
		{"a pipeline expires", Pipeline, []step{seen, {op: Expired, after: Retention}}, "forgets only runs"},
		{"a run expires early", Run, []step{seen, {op: Expired, after: Retention - time.Millisecond}}, "still keeps it"},
		{"deleted twice", Pipeline, []step{seen, {op: Missing, after: time.Millisecond}, {op: Deleted, after: time.Minute, answer: "X"}, {op: Deleted, after: time.Hour, answer: "X"}}, "not those of the previous event"},
	} {
		l := &proofLog{kind: c.kind}
		for i, s := range c.steps {
			l.round(strings.Repeat("i", i+1), s.op, s.after, s.answer, s.facts)
		}
		faults := Check(l.out, true)
		switch {
		case c.want == "" && len(faults) > 0:
			t.Errorf("%s: %v", c.name, faults)
		case c.want != "" && (len(faults) == 0 || !strings.HasPrefix(faults[0].Error(), "I6: ") || !strings.Contains(faults[0].Error(), c.want)):
			t.Errorf("%s: %v, want I6 with %q", c.name, faults, c.want)
		}
		for from := range l.out { // what was first has expired
			if faults := Check(l.out[from:], false); c.want == "" && len(faults) > 0 {
				t.Errorf("%s, from message %d on: %v", c.name, from+1, faults)
			}
		}
	}
}

// TestProofIsReadFromTheLog breaks an honest proof in one place each time.
func TestProofIsReadFromTheLog(t *testing.T) {
	honest := func() []Record {
		l := &proofLog{kind: Pipeline}
		l.round("a", Created, 0, "", nil)
		l.round("b", Missing, time.Minute, "", nil)
		l.round("c", Deleted, 2*time.Minute, "DEVPIPE.00011401", nil)
		return l.out
	}
	if faults := Check(honest(), true); faults != nil {
		t.Fatal(faults)
	}
	mark, err := ParseMark(honest()[5].Header[HeaderMark][0])
	if err != nil || mark.Parent != "b,c" || mark.Number != 2 || mark.Status != "DEVPIPE.00011401" || mark.From != instant.Add(time.Minute).UnixMilli() || mark.To != instant.Add(2*time.Minute).UnixMilli() {
		t.Fatalf("the proof is %+v, %v", mark, err)
	}
	for name, change := range map[string]func(*Mark){
		"another first sweep": func(m *Mark) { m.Parent = "z,c" }, "another last sweep": func(m *Mark) { m.Parent = "b,z" },
		"a sweep more": func(m *Mark) { m.Number = 3 }, "an earlier begin": func(m *Mark) { m.From-- }, "no answer": func(m *Mark) { m.Status = "" },
	} {
		r, m := honest(), mark
		change(&m)
		r[5].Header[HeaderMark] = []string{m.String()}
		if faults := Check(r, true); len(faults) != 1 || !strings.HasPrefix(faults[0].Error(), "I6: message 6 ") {
			t.Errorf("%s: %v", name, faults)
		}
	}
}
