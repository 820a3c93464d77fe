package pollers

import (
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
	rhythm  *rhythm       // of a poller that need not look when another one has; nil for the others
	due     chan struct{} // capacity 1: ticks that come while it runs are one tick
	late    lateness
	after   []*job       // woken when a round of this one has brought events
	shows   []*job       // jobs that need not look when this one has just looked
	looked  atomic.Int64 // when the last round that shows what this one would began, epoch ns
	good    atomic.Bool  // has had a round without an error
}

// spec is the job's schedule: the configuration's, or the poller's own.
func (j *job) spec() string { return j.poller.spec(j.tenant) }

func (p Poller) spec(t *Tenant) string {
	if s := t.Schedules[p.Name]; s != "" {
		return s
	}
	return p.Spec
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
	if every, ok := ticks.spec.(cron.ConstantDelaySchedule); ok && len(j.poller.Seen) > 0 {
		j.rhythm = &rhythm{every.Delay, j.lastLook}
		j.timer.Schedule = j.rhythm
	}
}

// tick makes the job due if its schedule says so.
func (j *job) tick(now time.Time) {
	if j.timer.due(now) && (j.rhythm == nil || j.rhythm.due(now)) {
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

// lastLook is when the last good round began that shows what this job would look at; the zero time before the first.
func (j *job) lastLook() time.Time {
	if at := j.looked.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

func (j *job) scope() string {
	if j.project == "" {
		return events.TenantScope
	}
	return j.project
}
