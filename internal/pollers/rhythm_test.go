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
		r := rhythm{15 * time.Second, func() time.Time { return at(c.last) }}
		if due, next := r.due(at(c.now)), r.next(at(c.now)); due != c.due || !next.Equal(at(c.next)) {
			t.Errorf("%s: due %v, next after %s; want %v, %ds", c.name, due, next.Sub(instant), c.due, c.next)
		}
	}
}
