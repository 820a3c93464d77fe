package pollers

import (
	"sync"
	"time"
)

// watch is what the pollers of a tenant have seen of its open runs, whichever call showed them, and whether lists by status
// agree with that (filter.go). It is a saving, not a truth; a new process starts with an empty one.
type watch struct {
	mu     sync.Mutex
	open   map[string]look // by run; guarded by mu
	filter filter          // guarded by mu
}

// look is what was seen of an open run.
type look struct {
	status string
	since  time.Time // it has been shown as its pipeline's latest run since then; zero if only as an older one
	last   time.Time // the last call was sent that has shown it
	tried  time.Time // the last round began that has asked for it
}

// shownBy is the call that has shown a run.
type shownBy int

const (
	byRecords  shownBy = iota // the execution records of its pipeline (4.2.7): it need not be the latest
	byQuestion                // the latest status (4.2.2)
	byWalk                    // the list of all pipelines (4.2.4)
	byStatus                  // the list by status, which is what the others verify
)

func newWatch(say func(trusted bool, reason string)) *watch {
	return &watch{open: map[string]look{}, filter: filter{trust: trust{say: say}}}
}

// saw notes that a call about a project, sent at asked, has shown a run. Of a run that is over nothing needs to be remembered.
func (w *watch) saw(run runIdentity, project string, by shownBy, asked, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before, known := w.open[run.RunID]
	if terminal(run.Status) {
		if by != byStatus {
			w.filter.over(run.RunID, asked, now)
		}
		delete(w.open, run.RunID)
		return
	}
	l := before
	l.status = run.Status
	if by != byRecords {
		if known && by != byStatus {
			w.filter.open(run.RunID, project, before, run.Status, by == byWalk, asked, now)
		}
		if l.since.IsZero() {
			l.since = now
		}
	}
	if asked.After(l.last) {
		l.last = asked
	}
	w.open[run.RunID] = l
}

// of is what was seen of an open run; the zero look if this process has not seen it yet.
func (w *watch) of(run string) look {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.open[run]
}

// begin begins a round that asks for the runs that are due, of all that are open. What is not open any more is forgotten.
func (w *watch) begin(all map[string]string, due map[string]bool, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for run, l := range w.open {
		if _, open := all[run]; !open && l.last.Before(now) {
			delete(w.open, run)
		}
	}
	for run := range due {
		l := w.open[run]
		l.status, l.tried = all[run], now
		w.open[run] = l
	}
}

// oldest is when that open run was looked at, or asked for, that goes on by itself and waits for its next look the longest; rest if
// that is earlier, or there is none.
func (w *watch) oldest(rest time.Time) time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, l := range w.open {
		if at := latest(l.last, l.tried); !waiting(l.status) && at.Before(rest) {
			rest = at
		}
	}
	return rest
}

// worth, answer, wrong and followed are those of the filter.
func (w *watch) worth(now time.Time) worth {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.filter.worth(now)
}

func (w *watch) answer(l *listAnswer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.filter.answer(l)
}

func (w *watch) wrong(reason string, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.filter.wrong(reason, now)
}

func (w *watch) followed(relied bool, questions int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.filter.follow(relied, questions)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
