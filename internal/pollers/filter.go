package pollers

import (
	"slices"
	"time"
)

// No document says what the list's filter by status does: of which run the status is, or whether the projects of the body count.
// So it is verified before it is relied on, and as long as it is, by what the other calls show before and after an answer: the
// walk through all pipelines proves it, and any call may disprove it.

// followedShare is how much of the average the last round counts, followedFades how much is left of it after a round without
// lists: what was too dear is tried again.
const followedShare, followedFades = 0.2, 0.99

// filter is whether lists by status are trusted.
type filter struct {
	trust
	last, prior *listAnswer     // the last two answers; nil: none since it was found to be wrong
	agree       map[string]bool // projects whose walks agree with the last answer
	followed    float64
}

// listAnswer is one round's answer.
type listAnswer struct {
	asked, answered time.Time
	lists           []statusList
	shown           map[string]bool // runs that were not known to be over
	over            []listedOver    // runs that were
}

// listedOver is a run that a list by status shows, although it is over.
type listedOver struct{ project, pipeline, id string }

// covers says whether the round was to show an open run of a project that had such a status.
func (l *listAnswer) covers(project, status string) bool {
	return slices.ContainsFunc(l.lists, func(s statusList) bool {
		return slices.Contains(s.projects, project) && slices.Contains(s.status, status)
	})
}

// shows says whether the answer had a run open.
func (l *listAnswer) shows(run string) bool { return l.shown[run] || l.retold(run) }

// retold says whether the answer had a run open that was over.
func (l *listAnswer) retold(run string) bool {
	return slices.ContainsFunc(l.over, func(o listedOver) bool { return o.id == run })
}

// worth is what planLooks needs to know.
func (f *filter) worth(now time.Time) worth {
	return worth{trusted: f.trusted, tried: f.tries(now), followed: f.followed}
}

// answer notes the answer of a round.
func (f *filter) answer(l *listAnswer) {
	f.prior, f.last, f.tried = f.last, l, l.asked
	f.agree = map[string]bool{}
}

// follow notes how many questions were left to ask in a round that relied on lists, or asked in one that did not.
func (f *filter) follow(relied bool, questions int) {
	if relied {
		f.followed += followedShare * (float64(questions) - f.followed)
	} else {
		f.followed *= followedFades
	}
}

// open compares the answer with another call, sent at asked, that shows the latest run of a pipeline open. It can only be compared
// if the run had been seen so before the answer was asked for, and it had a status that was asked for before and after. One answer
// that lacks it proves nothing, for rows can shift between two pages; two in a row do.
func (f *filter) open(run, project string, before look, status string, walk bool, asked, now time.Time) {
	comparable := func(l *listAnswer) bool {
		return l != nil && asked.After(l.answered) && !before.since.IsZero() && before.since.Before(l.asked) &&
			l.covers(project, before.status) && l.covers(project, status)
	}
	switch {
	case !comparable(f.last):
	case !f.last.shows(run):
		if comparable(f.prior) && !f.prior.shows(run) {
			f.wrong("it lacks a run that is open", now)
		}
	case walk:
		f.agree[project] = true
		if len(f.agree) >= trustProof {
			f.rely(now)
		}
	}
}

// over compares the answer with another call that shows a run that is over: it was known to be, and the answer had it open.
func (f *filter) over(run string, asked, now time.Time) {
	if f.last != nil && asked.After(f.last.answered) && f.last.retold(run) {
		f.wrong("it shows a run that is over as open", now)
	}
}

// wrong ends the trust for a time.
func (f *filter) wrong(reason string, now time.Time) {
	f.last, f.prior = nil, nil
	f.doubt(reason, now)
}
