package pollers

import "time"

// rhythm is the schedule of a poller that need not look at what another one has just shown: it is due a period after the last
// look at what was looked at the longest ago, whoever's that was.
type rhythm struct {
	every time.Duration
	last  func() time.Time
}

// rhythmWait is how long to wait when it is due: the round has to begin before there is a next time.
const rhythmWait = time.Second

// next is when it is due. What other pollers see changes that, so it is asked again at each look at the clock.
func (r rhythm) next(now time.Time) time.Time {
	if r.due(now) {
		return now.Add(rhythmWait)
	}
	return r.last().Add(r.every)
}

// due says whether it is due. A last look in the future was one before the clock was set back.
func (r rhythm) due(now time.Time) bool {
	since := now.Sub(r.last())
	return since >= r.every || since < 0
}
