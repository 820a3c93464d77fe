package pollers

import (
	"time"

	"artery/internal/events"
)

// rhythm is the schedule of a poller that need not look when another one has just shown the same: its next look is due a
// period after the last, whoever's that was.
type rhythm struct {
	every time.Duration
	last  func() time.Time
}

// Next makes rhythm a cron.Schedule. A last look in the future was one before the clock was set back.
func (r rhythm) Next(t time.Time) time.Time {
	last := r.last()
	if next := last.Add(r.every); next.After(t) && !last.After(t) {
		return next
	}
	return t.Add(r.every)
}

func (r rhythm) due(now time.Time) bool {
	since := now.Sub(r.last())
	return since >= r.every || since < 0
}

// A run that waits for somebody (PAUSED, SUSPEND) may wait for days. It is looked at each time another waitShare-th of its
// wait has passed, at most every waitCeiling: its end is seen late by no more than that share of the wait.
const waitShare, waitCeiling = 20, 5 * time.Minute

// lookDue says whether an open run is to be looked at in a round of the active poller.
func lookDue(h events.Head, looked, now time.Time) bool {
	if !waiting(h.Mark.Status) {
		return true
	}
	return now.Sub(looked) >= min(waitCeiling, now.Sub(time.UnixMilli(h.At))/waitShare)
}
