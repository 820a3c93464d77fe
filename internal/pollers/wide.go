package pollers

import (
	"math"
	"slices"
	"sync"
	"time"
)

// No document says whether the list of pipelines heeds the projects of its body. Where it does, one walk through the pipelines of all
// projects of a tenant takes the place of a walk for each. So it is verified before it is relied on, and as long as it is: what it
// shows of a project is used only while a walk through that project alone has lately agreed with it. It proves that a pipeline
// is there, never that it is not: a project of which it lacks a known one is walked alone in the same round.

// aloneEvery is how often a project is walked alone while walks through all are relied on.
const aloneEvery = 10 * time.Minute

// overdue is how late the walk through all may be before somebody else's job than that of the last one makes it.
const overdue = 5 * time.Second

// shareLasts is how long after the walk what it showed of a project may be taken for a look at it.
const shareLasts = 15 * time.Second

// wide is whether walks through the pipelines of all projects are relied on, and the last one. It is a saving, not a truth; a new process
// begins without.
type wide struct {
	mu sync.Mutex
	trust
	walker      string               // the project whose job walks through all
	began       time.Time            // the last such walk did
	walking     bool                 // it goes on
	last, prior *wideWalk            // the last two; nil: none since one was found to be wrong
	agree       map[string]bool      // projects whose own walks agree with the last one
	agreed      map[string]time.Time // when the own walk of a project did so last
	alone       map[string]extent    // of the last own walk of each project
}

// extent is what a walk through one project has shown, and in how many pages.
type extent struct {
	asked                time.Time
	ids                  map[string]bool
	rows, pages, largest int // largest: rows of the largest page
}

func newWide(say func(trusted bool, reason string)) *wide {
	return &wide{trust: trust{say: say}, agreed: map[string]time.Time{}, alone: map[string]extent{}}
}

// turn says whether the round of a project that begins now is to walk through all, because that is due and fewer calls, and through which.
// While such walks are relied on the same job makes them, by its own schedule.
func (w *wide) turn(project string, projects []string, every time.Duration, now time.Time) (through []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	due := now.Sub(w.began) >= every+overdue // each project has been walked alone since
	if w.trusted {
		due = due || project == w.walker
	} else {
		due = due && w.tries(now)
	}
	for _, p := range projects {
		if _, known := w.alone[p]; known {
			through = append(through, p)
		}
	}
	if !due || w.walking || now.Before(w.until) || !w.cheaper(through, every) {
		return nil
	}
	w.walker, w.began, w.tried, w.walking = project, now, now, true
	return through
}

// cheaper says whether walks through all, and one through each project alone now and then, are fewer calls than one through each.
func (w *wide) cheaper(projects []string, every time.Duration) bool {
	size, alone, together := onePage, 0, 0.0
	for _, p := range projects {
		e := w.alone[p]
		if alone += e.pages; e.pages > 1 {
			size = min(size, e.largest)
		}
	}
	for some := range slices.Chunk(projects, listedProjects) {
		rows := 0
		for _, p := range some {
			rows += w.alone[p].rows
		}
		together += pages(float64(rows), size)
	}
	if w.last != nil {
		together = max(together, float64(w.last.pages)) // it may show more than it is asked for
	}
	return together+float64(alone)/apart(every) < float64(alone)
}

// apart is how many walks through all there are from one through a project alone to the next.
func apart(every time.Duration) float64 { return math.Ceil(float64(aloneEvery) / float64(every)) }

// waits says whether the round of a project need not begin: the walk through all is about to show it.
func (w *wide) waits(project string, every time.Duration, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.trusted && project != w.walker && now.Sub(w.began) < every+overdue && !now.Before(w.until) && !w.aloneDue(project, now)
}

// aloneDue says whether a project is to be walked alone, though walks through all are relied on.
func (w *wide) aloneDue(project string, now time.Time) bool {
	return now.Sub(w.agreed[project]) >= aloneEvery-overdue
}

// before is whether walks through all are relied on, and the rows of the last.
func (w *wide) before() (trusted bool, rows []sharedRow) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.last != nil {
		rows = w.last.rows
	}
	return w.trusted, rows
}

// ended notes that the walk through all has come to its end, whatever that was.
func (w *wide) ended() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.walking = false
}

// walked notes a walk through all.
func (w *wide) walked(walk *wideWalk) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.prior, w.last, w.agree = w.last, walk, map[string]bool{}
}

// failed notes one that does not count. One that is refused, or does not add up, twice in a row is no accident; what fails on the way,
// like all else while a server is down, ends no trust, and is left alone for a moment.
func (w *wide) failed(reason string, onTheWay bool, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case onTheWay && w.trusted:
		w.until = now.Add(trustRest)
	case w.last == nil:
		w.wrong(reason, now)
	}
	w.prior, w.last = w.last, nil
}

// share is what the last walk through all showed of a project, once, and nil if the project has to be walked alone; and which pipelines
// that showed the last time.
func (w *wide) share(project string, now time.Time) (walk *wideWalk, alone map[string]bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.trusted || !w.last.covers(project) || w.last.taken[project] || now.Sub(w.last.answered) > shareLasts || w.aloneDue(project, now) {
		return nil, nil
	}
	w.last.taken[project] = true
	return w.last, w.alone[project].ids
}

// compare holds the last walks through all against one through a project alone, which has shown the pipelines with their latest runs. One walk
// that differs proves nothing, for rows can shift between two pages; two in a row do. It says whether that ends the trust.
func (w *wide) compare(k Known, project string, runs map[string]runIdentity, seen extent, now time.Time) (lost bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, trusted := w.alone[project], w.trusted
	w.alone[project] = seen
	if !w.last.covers(project) || seen.asked.Before(w.last.answered) {
		return false
	}
	switch same, differs := w.last.against(k, project, runs, before); {
	case differs != "":
		delete(w.agreed, project)
		if !w.prior.covers(project) {
			break
		}
		if _, before := w.prior.against(k, project, runs, before); before != "" {
			w.wrong(differs, now)
		}
	case same == 0 && !w.trusted: // nothing was compared
	default:
		if w.agreed[project] = now; same > 0 {
			w.agree[project] = true
		}
		if len(w.agree) >= trustProof {
			w.rely(now)
		}
	}
	return trusted && !w.trusted
}

// wrong ends the trust for a time.
func (w *wide) wrong(reason string, now time.Time) {
	w.last, w.prior = nil, nil
	clear(w.agreed)
	w.doubt(reason, now)
}
