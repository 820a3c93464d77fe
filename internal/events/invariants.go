package events

import (
	"encoding/json"
	"fmt"
)

// Invariants checks a log as it is read, record by record. It holds what it needs of each subject and scope, no bodies.
//
//	I1  an event's previous hash is the state hash of its entity's previous event
//	I2  no two equal states of one entity follow each other
//	I3  a poll record of n is followed by exactly n events of its scope and round
//	I4  each poll record names its predecessor in the scope
//	I6  nothing is missing, deleted or expired without proof (proof.go)
//
// The rules start at the first retained record: messages of expiring kinds go, oldest first, poll records among them. So
// what lies before the first record of a subject is believed, unless Whole says that there is nothing before.
type Invariants struct {
	Whole bool // the records are all that was ever written

	states map[string]state  // by subject
	polls  map[string]uint64 // last poll record, by its subject
	open   batch             // the batch that is being read
	last   uint64
	faults []error
}

type state struct {
	hash Hash
	gone Op    // missing, deleted or expired; "" while the entity is there
	mark Mark  // of what is gone: its proof
	at   int64 // when it was observed, epoch ms
}

type batch struct {
	key    Key
	pollID string
	seq    uint64 // of its poll record
	left   int    // events that are still to come
	sweep  Sweep
}

// Check applies the invariants to all records of a log, in order of their sequence.
func Check(records []Record, whole bool) []error {
	c := Invariants{Whole: whole}
	for _, r := range records {
		c.Add(r)
	}
	return c.Faults()
}

// Add reads the next record.
func (c *Invariants) Add(r Record) {
	if c.states == nil {
		c.states, c.polls = map[string]state{}, map[string]uint64{}
	}
	if r.Seq <= c.last {
		c.fault("order", r, "comes after %d", c.last)
	}
	key, err := ParseSubject(r.Subject)
	if err != nil {
		c.fault("subject", r, "%v", err)
		return
	}
	head, err := ParseHead(r.Seq, r.Header)
	if err != nil {
		c.fault("headers", r, "%v", err)
		return
	}
	if c.open.left > 0 && (r.Seq != c.last+1 || key.Kind == Poll || key.Tenant != c.open.key.Tenant || key.Scope != c.open.key.Scope) {
		c.fault("I3", r, "%d events of the poll record %d of %s are missing before it", c.open.left, c.open.seq, c.open.key.Subject())
		c.open = batch{}
	}
	if c.last = r.Seq; key.Kind == Poll {
		c.poll(r, key, head)
	} else {
		c.event(r, key, head)
	}
}

func (c *Invariants) poll(r Record, key Key, head Head) {
	var p PollRecord
	if err := json.Unmarshal(r.Body, &p); err != nil {
		c.fault("body", r, "no poll record: %v", err)
		return
	}
	if head.Mark.Number != int64(p.N) || head.Mark.From != int64(p.PrevPollSeq) || head.Mark.Parent != p.PollID {
		c.fault("I3", r, "the mark %q differs from the body", head.Mark)
	}
	prev, known := c.polls[r.Subject]
	if (known || c.Whole) && p.PrevPollSeq != prev {
		c.fault("I4", r, "names %d as its predecessor, it is %d", p.PrevPollSeq, prev)
	}
	c.polls[r.Subject] = r.Seq
	c.open = batch{key: key, pollID: p.PollID, seq: r.Seq, left: p.N, sweep: p.Sweep}
}

func (c *Invariants) event(r Record, key Key, head Head) {
	_, polled := c.polls[PollKey(key.Tenant, key.Scope).Subject()]
	round := c.open
	switch id := header(r.Header, HeaderPollID); {
	case c.open.left == 0 && (polled || c.Whole):
		c.fault("I3", r, "no poll record announces it")
	case c.open.left > 0 && id != c.open.pollID:
		c.fault("I3", r, "is of round %q in the batch of round %q", id, c.open.pollID)
	}
	if c.open.left > 0 {
		c.open.left--
	}
	prev, err := ParseHash(header(r.Header, HeaderPrevHash))
	if err != nil {
		c.fault("headers", r, "%v", err)
		return
	}
	before, known := c.states[r.Subject]
	if (known || c.Whole) && prev != before.hash {
		c.fault("I1", r, "its previous hash is %q, the previous event has %q", prev, before.hash)
	}
	now := state{hash: head.Hash, at: head.At}
	if head.Op.Gone() {
		now.gone, now.mark = head.Op, head.Mark
		if fault := unproved(key.Kind, now, before, known || c.Whole, round); fault != "" {
			c.fault("I6", r, "%s without proof: %s", head.Op, fault)
		}
	}
	if known && now.hash == before.hash && now.gone == before.gone && now.mark == before.mark {
		c.fault("I2", r, "its state %s is that of the previous event", head.Hash)
	}
	c.states[r.Subject] = now
}

// Unfinished says that the last batch lacks events: a reader may see the beginning of one that is being written.
func (c *Invariants) Unfinished() bool { return c.open.left > 0 }

// Faults returns what is wrong with the records up to here, each fault with its invariant, sequence and subject.
func (c *Invariants) Faults() []error {
	if c.open.left == 0 {
		return c.faults
	}
	return append(c.faults[:len(c.faults):len(c.faults)],
		fmt.Errorf("I3: the log ends before the last %d events of the poll record %d of %s", c.open.left, c.open.seq, c.open.key.Subject()))
}

func (c *Invariants) fault(rule string, r Record, format string, args ...any) {
	c.faults = append(c.faults, fmt.Errorf("%s: message %d on %s: %s", rule, r.Seq, r.Subject, fmt.Sprintf(format, args...)))
}
