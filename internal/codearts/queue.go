package codearts

import (
	linked "container/list"
	"time"
)

// courtesy is the part of the grants, one of so many, that goes to whoever has
// not had one for longest, whatever its priority. Therefore an entrant that
// waits among n is granted at least once in courtesy*n grants: each such grant
// that passes it over serves somebody who had waited longer, and after at most
// n-1 of them nobody has.
const courtesy = 5

// entrant waits for grants: a priority among the calls of one API, or an API
// among those of the tenant.
type entrant struct {
	priority Priority  // of its first call
	since    uint64    // the grant that it had last, or after which it came, whichever is later
	ready    time.Time // it can not use a grant before
}

// next picks the entrant that gets a grant of the given number at now: the
// smallest priority or, by courtesy, the longest without one. It returns -1 if
// nobody is ready.
func next(waiting []entrant, grant uint64, now time.Time) int {
	best := -1
	for i, e := range waiting {
		switch {
		case e.ready.After(now):
		case best < 0:
			best = i
		case grant%courtesy != 0 && e.priority != waiting[best].priority:
			if e.priority < waiting[best].priority {
				best = i
			}
		case e.since < waiting[best].since, e.since == waiting[best].since && e.priority < waiting[best].priority:
			best = i
		}
	}
	return best
}

// earliest is when the first entrant is ready; false if there is none.
func earliest(waiting []entrant) (at time.Time, some bool) {
	for _, e := range waiting {
		if !some || e.ready.Before(at) {
			at, some = e.ready, true
		}
	}
	return at, some
}

// call is one that waits, or has been granted.
type call struct {
	priority Priority
	came     time.Time
	granted  chan struct{}   // closed by the grant
	waited   bool            // for the rate; set by the grant
	place    *linked.Element // nil once it has left
}

// queue holds the calls of one API: one line per priority, first come, first
// served.
type queue struct {
	lines  [priorities]linked.List
	since  [priorities]uint64 // of each line, as in entrant
	grants uint64             // so far
	scrap  []entrant          // reused
}

func (q *queue) join(p Priority, now time.Time) *call {
	if q.lines[p].Len() == 0 {
		q.since[p] = q.grants
	}
	c := &call{priority: p, came: now, granted: make(chan struct{})}
	c.place = q.lines[p].PushBack(c)
	return c
}

// leave takes a call out. It returns false if it was granted before.
func (q *queue) leave(c *call) bool {
	if c.place == nil {
		return false
	}
	q.lines[c.priority].Remove(c.place)
	c.place = nil
	return true
}

// first is the smallest priority that waits.
func (q *queue) first() (Priority, bool) {
	for p := range q.lines {
		if q.lines[p].Len() > 0 {
			return Priority(p), true
		}
	}
	return 0, false
}

// grant takes out the call whose turn it is; one must wait.
func (q *queue) grant(now time.Time) *call {
	q.scrap = q.scrap[:0]
	for p := range q.lines {
		if q.lines[p].Len() > 0 {
			q.scrap = append(q.scrap, entrant{priority: Priority(p), since: q.since[p], ready: now})
		}
	}
	q.grants++
	p := q.scrap[next(q.scrap, q.grants, now)].priority
	q.since[p] = q.grants
	c := q.lines[p].Front().Value.(*call)
	q.leave(c)
	return c
}
