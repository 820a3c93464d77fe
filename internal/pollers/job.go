package pollers

import (
	"cmp"
	"sync/atomic"
	"time"

	"artery/internal/events"

	"github.com/robfig/cron/v3"
)

// job is one poller for one project or tenant. One goroutine at a time runs it.
type job struct {
	crew    *crew
	poller  Poller
	tenant  *Tenant
	project string
	scopes  *scopes
	memo    *memo
	timer   timer
	rhythm  *rhythm       // of a poller that looks at open runs; nil for the others
	due     chan struct{} // capacity 1: ticks that come while it runs are one tick
	late    lateness
	began   atomic.Int64 // when the last round did, epoch ns
	good    atomic.Bool  // has had a round without an error
	well    atomic.Bool  // the last round that has ended had none
}

// spec is the job's schedule: the configuration's, or that of its freshness objective, or the poller's own.
func (j *job) spec() string { return j.poller.spec(j.tenant) }

func (p Poller) spec(t *Tenant) string {
	return cmp.Or(t.Schedules[p.Name], t.Freshness.spec(p), p.Spec)
}

// name tells the job from every other.
func (j *job) name() string { return j.tenant.Name + "/" + j.project + "/" + j.poller.Name }

// schedule lets the job follow its spec. One that Run refuses leaves it without ticks.
func (j *job) schedule() {
	ticks, err := newTicks(j.spec(), j.name(), j.tenant.Jitter)
	if err != nil {
		return
	}
	j.timer.Schedule = ticks
	if every, ok := ticks.spec.(cron.ConstantDelaySchedule); ok && j.poller.Looks {
		j.rhythm = &rhythm{every: every.Delay, last: j.lastLook}
	}
}

// tick makes the job due if its schedule says so.
func (j *job) tick(now time.Time) {
	due := false
	if j.rhythm != nil {
		due, j.timer.next = j.rhythm.due(now), j.rhythm.next(now).Round(0)
	} else {
		due = j.timer.due(now) && !(j.poller.Shared && j.crew.wide.waits(j.project, j.timer.every(now), now))
	}
	if due {
		j.wake(now)
	}
}

// wake makes the job due. A tick while it is due already, or runs, is not lost and not doubled.
func (j *job) wake(now time.Time) {
	j.late.asked(now)
	select {
	case j.due <- struct{}{}:
	default:
	}
}

// ended takes note of a round that ran from one moment to another.
func (j *job) ended(from, to time.Time, good bool) {
	j.well.Store(good)
	if good && j.rhythm != nil {
		j.rhythm.ended(to.Sub(from))
	}
}

// lead is how much earlier than its period the job is due.
func (j *job) lead() time.Duration {
	if j.rhythm == nil {
		return 0
	}
	return j.rhythm.early()
}

// siblings makes the same poller due for the other projects.
func (j *job) siblings() {
	for _, other := range j.crew.jobsOf(j.poller.Name) {
		if other != j {
			other.wake(j.crew.collector.Now())
		}
	}
}

// lastLook is when that open run was looked at that waits for its next look the longest; that of the last round if that is
// earlier, and after a round that has failed, so that what fails is not asked for all the time.
func (j *job) lastLook() time.Time {
	round := time.Time{}
	if at := j.began.Load(); at != 0 {
		round = time.Unix(0, at)
	}
	if !j.well.Load() {
		return round
	}
	return j.crew.watch.oldest(round)
}

func (j *job) scope() string {
	if j.project == "" {
		return events.TenantScope
	}
	return j.project
}
