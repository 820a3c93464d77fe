package codearts

import (
	"math"
	"time"

	"golang.org/x/time/rate"
)

const (
	slowestRate  = rate.Limit(0.1)  // calls per second that throttling never goes below
	raiseEvery   = 10 * time.Second // without a throttled answer
	raiseDivisor = 20               // a raise is at most this part of the configured rate
	growDivisor  = 4                // and this part of the present one,
	trialDivisor = 20               // or this part of it where more was too much
	cutEvery     = time.Second      // a volley of throttled answers counts once

	ceilingShare = 0.9              // of a rate that was too much: what is not tried again
	firstHold    = 10 * time.Minute // before this time has passed, which doubles each time that it was too much again
	longestHold  = 24 * time.Hour
)

// bucket is the limit of one API and the calls that wait for it. Its rate
// halves with a throttled answer and climbs back slowly, with the good answers
// to calls that waited for it: the others prove nothing about it. It remembers
// which rate was too much, and stays below for a while before it tries whether
// that still holds: after it has adapted nothing is throttled but those rare
// trials. The limiter's mutex guards it.
type bucket struct {
	api   string
	full  rate.Limit // configured
	burst int        // at the full rate
	lim   *rate.Limiter

	paused  time.Time     // no call before
	changed time.Time     // last cut or raise
	tight   time.Time     // last time that calls waited for the rate
	cut     time.Time     // last cut
	ceiling rate.Limit    // a rate above was too much
	hold    time.Duration // after a cut, before the ceiling is tried
	trial   bool          // the rate is above what was too much

	queue queue
	since uint64 // among the APIs, as in entrant
	spent spent
}

// spent counts what a bucket has given.
type spent struct {
	granted   [priorities]uint64
	waited    [priorities]time.Duration // of calls granted
	throttled uint64
}

func newBucket(api string, full rate.Limit, burst int) *bucket {
	return &bucket{api: api, full: full, burst: burst, lim: rate.NewLimiter(full, burst), ceiling: full, hold: firstHold}
}

// ready is when the next call may be sent.
func (b *bucket) ready(now time.Time) time.Time { return latest(b.paused, ready(b.lim, now)) }

// ready is when a limiter has a token.
func ready(lim *rate.Limiter, now time.Time) time.Time {
	missing := 1 - lim.TokensAt(now)
	if missing <= 0 {
		return now
	}
	return now.Add(time.Duration(math.Ceil(missing / float64(lim.Limit()) * float64(time.Second))))
}

// grant lets the call go whose turn it is; one must wait, and the bucket be
// ready.
func (b *bucket) grant(now time.Time) {
	b.lim.AllowN(now, 1)
	c := b.queue.grant(now)
	c.waited = !b.tight.Before(c.came)
	b.spent.granted[c.priority]++
	b.spent.waited[c.priority] += now.Sub(c.came)
	close(c.granted)
}

// press notes that calls wait for the rate, and not for the end of a pause.
func (b *bucket) press(now time.Time) {
	if !b.paused.After(now) && ready(b.lim, now).After(now) {
		b.tight = now
	}
}

// throttled halves the rate and pauses the API. The first cut after a raise
// tells which rate was too much.
func (b *bucket) throttled(now time.Time, pause time.Duration) {
	b.spent.throttled++
	b.paused = latest(b.paused, now.Add(pause))
	if !b.cut.IsZero() && now.Sub(b.cut) < cutEvery {
		return
	}
	present := b.lim.Limit()
	if b.changed.IsZero() || b.changed.After(b.cut) {
		if b.trial {
			b.hold = min(2*b.hold, longestHold)
		}
		b.ceiling, b.trial = present*ceilingShare, false
	}
	b.cut, b.changed = now, now
	b.setRate(now, max(present/2, min(slowestRate, b.full)))
}

// succeeded raises a lowered rate by one step, at most once per raiseEvery, after
// a call that had waited for the rate.
func (b *bucket) succeeded(now time.Time, waited bool) {
	present := b.lim.Limit()
	if present >= b.full || !waited || now.Sub(b.changed) < raiseEvery {
		return
	}
	switch {
	case present < b.ceiling:
		b.setRate(now, min(b.ceiling, present+min(b.full/raiseDivisor, present/growDivisor)))
	case now.Sub(b.cut) < b.hold:
		return
	default:
		b.ceiling, b.trial = min(b.full, present+present/trialDivisor), true
		b.setRate(now, b.ceiling)
	}
	b.changed = now
	if b.ceiling >= b.full && b.lim.Limit() >= b.full {
		b.hold, b.trial = firstHold, false
	}
}

// setRate also keeps the burst in proportion: what waits saved up must not be
// more than the server lets pass at once.
func (b *bucket) setRate(now time.Time, r rate.Limit) {
	b.lim.SetLimitAt(now, r)
	b.lim.SetBurstAt(now, max(1, int(float64(b.burst)*float64(r/b.full))))
}
