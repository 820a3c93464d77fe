package notify

import (
	"encoding/json"
	"slices"
	"time"
)

// Outbox is what the notifiers of one log have told and have to tell. It is one value, replaced as a whole if nobody else
// has replaced it meanwhile, so that several loaders plan each transition once. Its methods are pure but for the receiver.
type Outbox struct {
	// Since is from when on everything is accounted for. It never goes back: what is older is not told, whatever the
	// configuration says later.
	Since time.Time `json:"since"`
	// Told are the ids of planned transitions with their times; those before Since are forgotten.
	Told map[string]time.Time `json:"told"`
	// Waiting are messages that are planned and not known to be delivered, the oldest first. They are kept as they are,
	// so that a message that is sent again is the same one.
	Waiting []Planned `json:"waiting"`
}

// Planned is a message and who is sending it.
type Planned struct {
	Message Message   `json:"message"`
	By      string    `json:"by,omitempty"`
	Until   time.Time `json:"until,omitzero"`
	// Refused is how often the receiver has answered that it does not want the message.
	Refused int `json:"refused,omitempty"`
}

// patient says that the message holds up the later ones: it was not refused often enough yet.
func (p Planned) patient() bool { return p.Refused < patience }

const (
	// patience is how often a message is refused before the next one is tried too: half a minute.
	patience = 5
	// most transitions in one message: more are told by the next one.
	messageLimit = 100
	// most transitions that wait.
	waitingLimit = 1000
	// most bytes of the outbox: it is one value in the log's server, which takes 1 MiB. One that did not fit could neither be
	// planned nor sent from, until all that is new in it was too old to be told.
	sizeLimit = 900 << 10
	// bytes of the outbox from which on what happened is told without why: the room is for more that happens.
	reasonsLimit = sizeLimit / 3
)

// advance forgets what is before since.
func (o *Outbox) advance(since time.Time) {
	if !since.After(o.Since) {
		return
	}
	o.Since = since
	for id, at := range o.Told {
		if at.Before(since) {
			delete(o.Told, id)
		}
	}
}

// fresh are those of all that have not been planned.
func (o *Outbox) fresh(all []Transition) (out []Transition) {
	for _, t := range all {
		if _, told := o.Told[t.ID]; !told && t.At.After(o.Since) {
			out = append(out, t)
		}
	}
	return out
}

// plan makes messages of transitions. It returns how many transitions had to be dropped, the oldest ones.
func (o *Outbox) plan(all []Transition) (dropped int) {
	if o.Told == nil {
		o.Told = map[string]time.Time{}
	}
	for part := range slices.Chunk(all, messageLimit) {
		o.Waiting = append(o.Waiting, Planned{Message: newMessage(part)})
		if o.size() > reasonsLimit {
			bare := slices.Clone(part)
			for i := range bare {
				bare[i].Reason = Reason{}
			}
			o.Waiting[len(o.Waiting)-1].Message = newMessage(bare)
		}
	}
	n := 0
	for _, t := range all {
		o.Told[t.ID] = t.At
	}
	for _, p := range o.Waiting {
		n += len(p.Message.Transitions)
	}
	for n > waitingLimit || len(o.Waiting) > 1 && o.size() > sizeLimit {
		first := len(o.Waiting[0].Message.Transitions)
		o.Waiting, n, dropped = o.Waiting[1:], n-first, dropped+first
	}
	return dropped
}

// size is how many bytes the store has to keep.
func (o *Outbox) size() int {
	text, _ := json.Marshal(o) // what is no JSON is said where it is stored
	return len(text)
}

// claim takes the first message that nobody else is sending.
func (o *Outbox) claim(by string, now, until time.Time) (Message, bool) {
	return o.take(by, now, until, o.Waiting)
}

// claimPast takes one message behind those that are refused, to learn whether the receiver refuses everything now. If all are, it is
// the one that was refused the fewest times, but never the first.
func (o *Outbox) claimPast(by string, now, until time.Time) (Message, bool) {
	past := slices.IndexFunc(o.Waiting, Planned.patient)
	if past < 0 && len(o.Waiting) > 1 {
		past = 1
		for i := range o.Waiting[1:] {
			if o.Waiting[1+i].Refused < o.Waiting[past].Refused {
				past = 1 + i
			}
		}
	}
	if past < 1 {
		return Message{}, false
	}
	return o.take(by, now, until, o.Waiting[past:past+1])
}

func (o *Outbox) take(by string, now, until time.Time, of []Planned) (Message, bool) {
	for i := range of {
		if p := &of[i]; p.By == "" || p.By == by || !p.Until.After(now) {
			p.By, p.Until = by, until
			return p.Message, true
		}
	}
	return Message{}, false
}

// refused counts that a message was refused so many times more. It says whether it holds up no others any more.
func (o *Outbox) refused(id string, times int) bool {
	i := slices.IndexFunc(o.Waiting, func(p Planned) bool { return p.Message.ID == id })
	if i < 0 {
		return false
	}
	o.Waiting[i].Refused += times
	return !o.Waiting[i].patient()
}

// delivered takes a message out, and with it those that are put aside: older ones, which the receiver refuses while it takes
// this one. To tell them later would turn the order round.
func (o *Outbox) delivered(id string) (aside []Message) {
	at := slices.IndexFunc(o.Waiting, func(p Planned) bool { return p.Message.ID == id })
	if at < 0 {
		return nil
	}
	var left []Planned
	for i, p := range o.Waiting {
		switch {
		case i < at && !p.patient():
			aside = append(aside, p.Message)
		case i != at:
			left = append(left, p)
		}
	}
	o.Waiting = left
	return aside
}
