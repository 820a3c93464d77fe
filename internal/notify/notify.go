// Package notify tells a webhook, within seconds, of stages that begin to fail and that recover.
//
// The contract: a transition that ClickHouse shows while it is young enough is delivered at least once, under an id that
// is a pure function of what happened. It is planned in the outbox before it is sent, and taken out after the receiver
// took it; so nothing is lost in a crash, what is sent again is the same message with the same id, and a clean restart
// repeats nothing. One that the receiver refuses again and again holds up the later ones for half a minute: then the next
// one is tried right after it, and if the receiver takes that, the refused one is put aside, counted and logged. A receiver
// that refuses everything, because of a wrong token for example, loses nothing by that.
//
// Less formally: write down what you will say, say it, cross it out.
//
// Why a stage fails is known a little later than that it does. A failure waits for its reason, not for long (Options.Wait); what is
// known when it is planned is in its message, and never changes there.
//
// What you can not assume: that the receiver sees a message once. A reply that is lost, or a kill between delivery and the
// crossing out, brings it again.
package notify

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"regexp"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// Store is where the outbox is kept. KV has the real one, the tests one that fails.
type Store interface {
	// Load returns the outbox and its revision, 0 when there is none yet.
	Load(ctx context.Context) (Outbox, uint64, error)
	// Save replaces the outbox if its revision is still the last one. After an error it may be either.
	Save(ctx context.Context, o Outbox, revision uint64) error
}

// Options are what a Notifier is made of.
type Options struct {
	Name  string // of this process, unique among all loaders and all their starts
	Store Store
	// Read returns the transitions after a time, the oldest first.
	Read func(ctx context.Context, since time.Time) ([]Transition, error)
	// Reasons returns what is known beside of some transitions, by their ids.
	Reasons func(ctx context.Context, of []Transition) (map[string]Reason, error)
	// Post delivers a message; on an error it may be delivered or not. After errRefused it is not.
	Post      func(ctx context.Context, m Message) error
	MaxAge    time.Duration  // what is older is not told
	PerMinute int            // messages at most; a burst waits and is told in one
	Wait      time.Duration  // for how long a failure is not told while its step or log is not known
	Stages    *regexp.Regexp // stages to tell of, by a match anywhere in the name
	Slog      *slog.Logger
	Metrics   *Metrics
}

// Notifier is the notifier of one loader.
type Notifier struct {
	Options
	wake    chan struct{}
	limit   *rate.Limiter
	said    map[string]bool      // delivered, but not crossed out yet
	refused map[string]int       // refused so often, but not counted in the outbox yet
	past    bool                 // a message that is refused again and again has just been refused: the one behind it is next
	failed  int                  // tries of a message in a row
	restart time.Time            // when the next try may be
	waits   map[string]time.Time // failures that wait for their reason, and until when
}

// New makes a notifier. It starts nothing.
func New(o Options) *Notifier {
	// Three may follow each other at once.
	return &Notifier{Options: o, wake: make(chan struct{}, 1), limit: rate.NewLimiter(rate.Every(time.Minute/time.Duration(o.PerMinute)), min(3, o.PerMinute)), said: map[string]bool{}, refused: map[string]int{}, waits: map[string]time.Time{}}
}

const (
	// pause is the shortest time between two looks.
	pause = time.Second
	// lookEvery is the longest one: another loader may have stored something, or a receiver may be back.
	lookEvery = 15 * time.Second
	// reasonsWithin is for asking why stages fail: the outbox must be written in the same term.
	reasonsWithin = 5 * time.Second
	// grace is for a delivery that is under way at the end.
	grace = 10 * time.Second
	// term is for how long a message is left to who took it. It is twice as long as a delivery may take.
	term = 45 * time.Second
	// longest pause after a failed delivery.
	retryTo = time.Minute
)

// Wake says that something may have changed in ClickHouse. It never waits.
func (n *Notifier) Wake() {
	select {
	case n.wake <- struct{}{}:
	default:
	}
}

// Run tells until ctx ends. A delivery that is under way then is finished.
func (n *Notifier) Run(ctx context.Context) error {
	for {
		if err := n.turn(ctx); err != nil && ctx.Err() == nil {
			n.Slog.Warn("notifying failed, trying again", "err", err)
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		select {
		case <-ctx.Done():
			return nil
		case <-n.wake:
		case <-time.After(n.wait()):
		}
	}
}

// wait is the time until the next look that nobody asks for.
func (n *Notifier) wait() time.Duration {
	next := lookEvery
	if n.failed > 0 {
		next = min(next, time.Until(n.restart))
	}
	for _, until := range n.waits {
		if left := time.Until(until); left > -time.Second { // else something else holds it up
			next = min(next, left)
		}
	}
	return max(next, 0)
}

// turn looks once: what is new is planned, and what waits is sent as far as the limit allows.
func (n *Notifier) turn(ctx context.Context) error {
	all, err := n.Read(ctx, time.Now().Add(-n.MaxAge))
	for send := err == nil; send; {
		send, err = n.step(ctx, all)
	}
	return err
}

// step crosses out what was delivered, plans, and sends one message. It says whether there may be another one. What is
// under way when ctx ends has the grace to finish, because a delivery that is cut off would be repeated.
func (n *Notifier) step(ctx context.Context, all []Transition) (again bool, err error) {
	work, cancel := context.WithTimeout(context.WithoutCancel(ctx), term/2)
	defer cancel()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cancel) })()
	o, revision, err := n.Store.Load(work)
	if err != nil {
		return false, err
	}
	changed := len(n.said)+len(n.refused) > 0
	for id, times := range n.refused {
		o.refused(id, times)
	}
	var aside []Message
	for id := range n.said {
		aside = append(aside, o.delivered(id)...)
	}
	var m Message
	var send bool
	past := n.past
	n.past = false
	if ctx.Err() == nil {
		var planned bool
		m, send, planned = n.decide(work, &o, all, past, time.Now())
		changed = changed || planned
	}
	if changed {
		if err := n.Store.Save(work, o, revision); err != nil {
			return false, err
		}
		clear(n.said)
		clear(n.refused)
		n.putAside(aside)
	}
	n.Metrics.waiting.Set(float64(len(o.Waiting)))
	if !send {
		return false, nil
	}
	if err := n.Post(work, m); err != nil {
		return n.notTaken(&o, m, past, err)
	}
	n.failed, n.restart, n.said[m.ID] = 0, time.Time{}, true
	n.Metrics.delivered(m)
	return true, nil
}

// notTaken puts off what was not delivered. It says whether the message behind it is tried now.
func (n *Notifier) notTaken(o *Outbox, m Message, past bool, err error) (again bool, _ error) {
	n.Metrics.failures.Inc()
	if !past { // else the pause has begun with the refused one
		n.failed++
		n.restart = time.Now().Add(min(time.Second<<min(n.failed, 10), retryTo))
	}
	if !errors.Is(err, errRefused) {
		return false, err
	}
	n.refused[m.ID]++
	if n.past = o.refused(m.ID, 1) && !past; !n.past {
		return false, err
	}
	n.Slog.Warn("notifying failed, trying the next message", "err", err)
	return true, nil
}

// putAside tells of messages that are given up.
func (n *Notifier) putAside(messages []Message) {
	for _, m := range messages {
		n.Metrics.refused.Add(float64(len(m.Transitions)))
		n.Slog.Warn("a message is put aside: the receiver of notify.url refuses it, and takes a later one", "message", m.ID, "transitions", len(m.Transitions))
	}
}

// decide plans what is new and chooses the message to send now, past those that are refused if the first of them has just been.
func (n *Notifier) decide(ctx context.Context, o *Outbox, all []Transition, past bool, now time.Time) (m Message, send, changed bool) {
	o.advance(now.Add(-n.MaxAge))
	var fresh []Transition
	for _, t := range o.fresh(all) {
		if n.Stages.MatchString(t.Stage) {
			fresh = append(fresh, t)
		}
	}
	maps.DeleteFunc(n.waits, func(id string, _ time.Time) bool { // told by another loader, or too old
		return !slices.ContainsFunc(fresh, func(t Transition) bool { return t.ID == id })
	})
	may := !now.Before(n.restart) && n.limit.TokensAt(now) >= 1
	// What comes while nothing may be sent, or something waits that is not refused, goes in one message later; but it is
	// written down long before it is too old.
	if len(fresh) > 0 && (may && !slices.ContainsFunc(o.Waiting, Planned.patient) || fresh[0].At.Before(now.Add(-n.MaxAge/2))) {
		if fresh = n.explained(ctx, fresh, now); len(fresh) > 0 {
			changed = true
			if dropped := o.plan(fresh); dropped > 0 {
				n.Metrics.dropped.Add(float64(dropped))
				n.Slog.Warn("too much waits for the receiver of notify.url, the oldest transitions are not told", "dropped", dropped)
			}
		}
	}
	switch {
	case past: // it costs nothing of the limit: the refused one has told nothing
		m, send = o.claimPast(n.Name, now, now.Add(term))
		changed = changed || send
	case may:
		if m, send = o.claim(n.Name, now, now.Add(term)); send {
			n.limit.AllowN(now, 1)
			changed = true
		}
	}
	return m, send, changed
}

// explained are the transitions to plan now, with what is known of their reasons: all before the first failure that still waits for
// its own, so that none is told before an earlier one. What is planned keeps the reason that it has then.
func (n *Notifier) explained(ctx context.Context, fresh []Transition, now time.Time) []Transition {
	asking, cancel := context.WithTimeout(ctx, reasonsWithin) // what happened is written down in any case
	reasons, err := n.Reasons(asking, fresh)
	cancel()
	if err != nil {
		n.Slog.Warn("telling of stages without the reasons", "err", err)
	}
	waits := n.waits
	n.waits = map[string]time.Time{}
	ready := len(fresh)
	for i := range fresh {
		t := &fresh[i]
		if t.Reason = reasons[t.ID]; t.State != failing {
			t.Reason = Reason{URL: t.URL} // a retry recovers the run whose step has failed
			continue
		}
		if err != nil || t.Settled {
			continue
		}
		until, known := waits[t.ID]
		if !known {
			until = now.Add(n.Wait)
		}
		if n.waits[t.ID] = until; now.Before(until) {
			ready = min(ready, i)
		}
	}
	for _, t := range fresh[:ready] {
		delete(n.waits, t.ID)
	}
	return fresh[:ready]
}
