package pollers

import (
	"context"
	"fmt"
	"hash/fnv"
	"time"

	"github.com/robfig/cron/v3"
)

// Off is the schedule of a poller that does not run.
const Off = "off"

// DefaultJitter is the longest delay of a tick: pollers of every minute spread over the whole minute, daily ones over ten.
const DefaultJitter = 10 * time.Minute

// lookEvery bounds how late a tick is found that came while the machine slept or the clock was set.
const lookEvery = 15 * time.Second

// ParseSchedule checks a schedule of the configuration: a cron spec of five fields, @every, @daily and the like, or off.
func ParseSchedule(spec string) error {
	if spec == Off {
		return nil
	}
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return fmt.Errorf("schedule %q: %w", spec, err)
	}
	if schedule.Next(time.Unix(0, 0)).IsZero() {
		return fmt.Errorf("schedule %q: there is no such day; write off for a poller that is not to run", spec)
	}
	return nil
}

// ticks are the times at which one job is due: those of its spec, each later by the job's own offset. The times of @every are
// counted from midnight and not from the start, so that a restart changes nothing and the offsets hold.
type ticks struct {
	spec   cron.Schedule
	offset time.Duration
}

// newTicks draws the offset from the name of the job: below the pause between two ticks, and at most jitter.
func newTicks(spec, name string, jitter time.Duration) (ticks, error) {
	schedule, err := cron.ParseStandard(spec)
	if err != nil {
		return ticks{}, fmt.Errorf("schedule %q: %w", spec, err)
	}
	t := ticks{spec: schedule}
	if span := min(jitter, pause(t, time.Unix(0, 0))); span > 0 {
		hash := fnv.New64a()
		hash.Write([]byte(name))
		t.offset = time.Duration(hash.Sum64() % uint64(span))
	}
	return t, nil
}

// Next is the first tick after now, on the wall clock; the zero time if there is none.
func (t ticks) Next(now time.Time) time.Time {
	now = now.UTC().Add(-t.offset)
	var next time.Time
	if every, ok := t.spec.(cron.ConstantDelaySchedule); ok {
		next = now.Truncate(every.Delay).Add(every.Delay)
	} else if next = t.spec.Next(now); next.IsZero() {
		return next
	}
	return next.Add(t.offset)
}

// timer tells when a tick has come. It goes by the wall clock alone: a timer of the process stands still while the machine
// sleeps, and does not know that the clock was set. The runner of robfig/cron would sleep on after both.
type timer struct {
	cron.Schedule // nil: never
	looked, next  time.Time
}

// every is the pause between the two ticks that follow now; 0 for a schedule that Run refuses.
func (t *timer) every(now time.Time) time.Duration {
	if t.Schedule == nil {
		return 0
	}
	return pause(t, now)
}

func pause(s cron.Schedule, now time.Time) time.Duration {
	next := s.Next(now)
	return s.Next(next).Sub(next)
}

// due says whether a tick has come since the last look. However many have, they are one. After a clock that was set back
// the ticks are planned anew from there; that may bring one twice, never none.
func (t *timer) due(now time.Time) bool {
	now = now.Round(0) // the wall clock
	if t.looked.IsZero() || now.Before(t.looked) {
		t.next = t.Next(now)
	}
	t.looked = now
	if t.next.IsZero() || now.Before(t.next) {
		return false
	}
	t.next = t.Next(now)
	return true
}

// drive makes the jobs due by their schedules until ctx ends.
func (w *crew) drive(ctx context.Context) error {
	for {
		now, wait := w.collector.Now(), lookEvery
		for _, j := range w.jobs() {
			j.tick(now)
			if next := j.timer.next; !next.IsZero() {
				wait = min(wait, next.Sub(now.Round(0)))
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(wait):
		}
	}
}
