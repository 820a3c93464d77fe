package pollers

import (
	"sync/atomic"
	"time"
)

// rhythm is the schedule of a poller that need not look at what another one has just shown: it is due a period after the last
// look at what was looked at the longest ago, whoever's that was.
type rhythm struct {
	every time.Duration
	last  func() time.Time
	lead  atomic.Int64 // ns: it is due that much earlier, because a round takes it until its last call is sent
}

// rhythmWait is how long to wait when it is due: the round has to begin before there is a next time.
const rhythmWait = time.Second

// next is when it is due. What other pollers see changes that, so it is asked again at each look at the clock.
func (r *rhythm) next(now time.Time) time.Time {
	if r.due(now) {
		return now.Add(rhythmWait)
	}
	return r.last().Add(r.every - r.early())
}

// due says whether it is due. A last look in the future was one before the clock was set back.
func (r *rhythm) due(now time.Time) bool {
	since := now.Sub(r.last())
	return since >= r.every-r.early() || since < 0
}

// leadShare bounds the lead to a share of the period, leadSlack is the share by which it falls with a round that takes less.
const leadShare, leadSlack = 5, 8

func (r *rhythm) early() time.Duration { return time.Duration(r.lead.Load()) }

// ended takes note of how long a round took. One that takes longer than the period is held up by the limits of the API: to ask
// earlier would hold it up more.
func (r *rhythm) ended(took time.Duration) {
	lead := max(took, r.early()-r.early()/leadSlack)
	if took > r.every {
		lead = 0
	}
	r.lead.Store(int64(min(lead, r.every/leadShare)))
}
