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
	due     chan struct{} // capacity 1: ticks that come while it runs are one tick
	after   []*job        // woken when a round of this one has brought events
	shows   []*job        // jobs that need not look when this one has just looked
	looked  atomic.Int64  // when the last round that shows what this one would began, epoch ns
	good    atomic.Bool   // has had a round without an error
}

// spec is the job's schedule: the configuration's, or the poller's own.
func (j *job) spec() string { return j.poller.spec(j.tenant) }

func (p Poller) spec(t *Tenant) string {
	if s := t.Schedules[p.Name]; s != "" {
		return s
	}
	return p.Spec
}

// every is the pause between the two ticks that follow now; 0 for a schedule that Run refuses.
func (j *job) every(now time.Time) time.Duration {
	s, err := cron.ParseStandard(j.spec())
	if err != nil {
		return 0
	}
	next := s.Next(now)
	return s.Next(next).Sub(next)
}

// schedule lets the clock wake the job from now on, and makes it due at once unless it is to wait for its first tick.
func (j *job) schedule(clock *cron.Cron, schedule cron.Schedule, now func() time.Time) (id cron.EntryID) {
	if every, ok := schedule.(cron.ConstantDelaySchedule); ok && len(j.poller.Seen) > 0 {
		r := rhythm{every.Delay, j.lastLook}
		id = clock.Schedule(r, cron.FuncJob(func() {
			if r.due(now()) {
				j.wake()
			}
		}))
	} else {
		id = clock.Schedule(schedule, cron.FuncJob(j.wake))
	}
	if !j.poller.Later {
		j.wake()
	}
	return id
}

// wake makes the job due. A tick while it is due already, or runs, is not lost and not doubled.
func (j *job) wake() {
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
