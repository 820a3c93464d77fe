package pollers

import (
	"testing"
	"time"

	"artery/internal/events"
)

func TestRhythm(t *testing.T) {
	at := func(s int) time.Time { return instant.Add(time.Duration(s) * time.Second) }
	for _, c := range []struct {
		name      string
		last, now int
		due       bool
		next      int
	}{
		{"its period is over", 0, 15, true, 30},
		{"another has looked in between", 10, 15, false, 25},
		{"another looks right now", 15, 15, false, 30},
		{"late", 0, 40, true, 55},
	} {
		r := rhythm{15 * time.Second, func() time.Time { return at(c.last) }}
		if due, next := r.due(at(c.now)), r.Next(at(c.now)); due != c.due || !next.Equal(at(c.next)) {
			t.Errorf("%s: due %v, next after %s; want %v, %ds", c.name, due, next.Sub(instant), c.due, c.next)
		}
	}
}

func TestLookDue(t *testing.T) {
	for _, c := range []struct {
		name           string
		status         string
		waited, looked time.Duration // before now
		due            bool
	}{
		{"a running run, in every round", "RUNNING", time.Hour, 0, true},
		{"an unknown status counts as running", "THINKING", time.Hour, 0, true},
		{"paused just now", "PAUSED", 0, 0, true},
		{"paused for 10 minutes, looked at 29 s ago", "PAUSED", 10 * time.Minute, 29 * time.Second, false},
		{"paused for 10 minutes, looked at 30 s ago", "PAUSED", 10 * time.Minute, 30 * time.Second, true},
		{"suspended for days, looked at 4 minutes ago", "SUSPEND", 72 * time.Hour, 4 * time.Minute, false},
		{"suspended for days, looked at 5 minutes ago", "SUSPEND", 72 * time.Hour, 5 * time.Minute, true},
		{"paused, and new to this process", "PAUSED", 72 * time.Hour, 1 << 60, true},
	} {
		h := events.Head{At: instant.Add(-c.waited).UnixMilli(), Mark: events.Mark{Status: c.status}}
		if got := lookDue(h, instant.Add(-c.looked), instant); got != c.due {
			t.Errorf("%s: due %v", c.name, got)
		}
	}
}
