package pollers

import (
	"testing"
	"time"
)

func TestRhythm(t *testing.T) {
	at := func(s int) time.Time { return instant.Add(time.Duration(s) * time.Second) }
	for _, c := range []struct {
		name      string
		last, now int
		due       bool
		next      int
	}{
		{"its period is over", 0, 15, true, 16},
		{"another has looked in between", 10, 15, false, 25},
		{"another looks right now", 15, 15, false, 30},
		{"late", 0, 40, true, 41},
		{"not due yet", 20, 21, false, 35},
		{"the clock was set back", 30, 20, true, 21},
	} {
		r := rhythm{every: 15 * time.Second, last: func() time.Time { return at(c.last) }}
		if due, next := r.due(at(c.now)), r.next(at(c.now)); due != c.due || !next.Equal(at(c.next)) {
			t.Errorf("%s: due %v, next after %s; want %v, %ds", c.name, due, next.Sub(instant), c.due, c.next)
		}
	}
}

// TestRhythmLead: what a round takes is what the next one begins earlier, up to a fifth of the period; a shorter round takes that back
// slowly, one that the limits hold up at once.
func TestRhythmLead(t *testing.T) {
	r := rhythm{every: 16 * time.Second, last: func() time.Time { return instant }}
	for _, c := range []struct{ took, lead time.Duration }{
		{0, 0},
		{1600 * time.Millisecond, 1600 * time.Millisecond},
		{0, 1400 * time.Millisecond},
		{800 * time.Millisecond, 1225 * time.Millisecond},
		{9 * time.Second, 3200 * time.Millisecond},
		{17 * time.Second, 0},
		{time.Second, time.Second},
	} {
		r.ended(c.took)
		if r.early() != c.lead {
			t.Errorf("after a round of %s it is due %s early, want %s", c.took, r.early(), c.lead)
		}
		if at := instant.Add(r.every - c.lead); !r.due(at) || r.due(at.Add(-1)) || !r.next(at.Add(-1)).Equal(at) {
			t.Errorf("a lead of %s: it is not due %s after the last look", c.lead, r.every-c.lead)
		}
	}
}
