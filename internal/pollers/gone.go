package pollers

import (
	"cmp"
	"slices"
	"time"

	"artery/internal/events"
)

// This file decides what is gone: pure functions from what is known, what a complete sweep listed, and the time to what is
// to be written or asked. What one sweep has to remember for the next stands in the log, as the mark of a missing entity.

// breakerLeast and breakerShare bound how many entities of a kind may go missing in one sweep: the larger of so many, and one
// in so many of those known. More is no deletion but a list that lies, until an operator says otherwise.
const breakerLeast, breakerShare = 5, 50

// restless is how long an entity that came back is not judged: where two lists disagree, it would come and go with each.
const restless = 15 * time.Minute

// expireGrace is how long after its retention, and after CodeArts last showed it changed, a run is called expired: clocks
// differ, and CodeArts need not clean up at once.
const expireGrace = 24 * time.Hour

// expireAtOnce bounds how many runs expire in one round: the body of each is read from the log.
const expireAtOnce = 2000

// listing is what a complete sweep showed of one kind.
type listing struct {
	kind      events.Kind
	ids       map[string]bool // every id that was listed, whoever owns it
	began     time.Time
	confirmed bool                 // an operator vouches for it
	there     func(id string) bool // CodeArts has shown it lately, although the list lacks it
	elsewhere func(id string) bool // the list of another project has shown it lately: it is listed, if not where it belongs
}

// verdict is what a listing means for what it lacks.
type verdict struct {
	absent []events.Absence // to be written
	ask    []events.Absence // to be written if CodeArts says that it does not exist
	held   int              // lacked, and kept all the same: the breaker is open
	empty  bool             // it lists nothing, and something was known
	before int              // missing before it
}

// judge says what a complete sweep proves about the entities that it lacks. An entity that came, changed or came back after
// the sweep began is not judged. Deletions are as many as the breaker allows, the longest missing first; the others follow
// with the next sweep.
func judge(all heads, l listing) (v verdict) {
	proof := events.RulesOf(l.kind).Proof
	if proof == events.ProofNone {
		return v
	}
	type lacked struct {
		id   string
		head events.Head
	}
	var known int
	var fresh, missing []lacked
	for id, h := range all {
		if h.Op == events.Deleted || h.Op == events.Expired {
			continue
		}
		known++
		if h.Op == events.Missing {
			v.before++
		}
		switch {
		case l.ids[id] || h.At >= l.began.UnixMilli() || l.elsewhere(id):
		case h.Op == events.Restored && l.began.UnixMilli()-h.At < restless.Milliseconds():
		case h.Op == events.Missing:
			missing = append(missing, lacked{id, h})
		default:
			fresh = append(fresh, lacked{id, h})
		}
	}
	limit := max(breakerLeast, known/breakerShare)
	v.empty = len(l.ids) == 0 && known > 0
	if !l.confirmed {
		if v.empty {
			v.held = known
			return v
		}
		if len(fresh) > limit {
			v.held = len(fresh)
			return v
		}
	}
	oldest := func(a, b lacked) int {
		return cmp.Or(cmp.Compare(a.head.Mark.From, b.head.Mark.From), cmp.Compare(a.id, b.id))
	}
	slices.SortFunc(fresh, oldest)
	slices.SortFunc(missing, oldest)
	say := func(c lacked, op events.Op) events.Absence {
		return events.Absence{Entity: events.EntityID{Kind: l.kind, ID: c.id}, Seq: c.head.Seq, Op: op, At: l.began}
	}
	for _, c := range fresh {
		v.absent = append(v.absent, say(c, events.Missing))
	}
	deleted := 0
	for _, c := range missing {
		switch {
		case deleted == limit && !l.confirmed:
		case c.head.Mark.Number+1 < proof.Sweeps():
			v.absent = append(v.absent, say(c, events.Missing))
		case proof == events.ProofLook && l.there(c.id):
		case proof == events.ProofLook:
			v.ask = append(v.ask, say(c, events.Deleted))
			deleted++
		case l.began.UnixMilli()-c.head.Mark.From >= events.ProofSpan.Milliseconds():
			v.absent = append(v.absent, say(c, events.Deleted))
			deleted++
		}
	}
	return v
}

// planExpired lists the runs that CodeArts does not keep any more, oldest first. The latest run of a pipeline is listed
// however old it is, as long as the pipeline is there, and a run in doubt is looked at first.
func planExpired(all heads, r *runs, now time.Time) []events.Absence {
	type old struct {
		start int64
		events.Absence
	}
	var plan []old
	for id, h := range all {
		start := cmp.Or(h.Mark.From, h.At)
		keeps := max(start+events.Retention.Milliseconds(), h.At) + expireGrace.Milliseconds()
		_, open := r.open[id]
		switch {
		case h.Op.Gone() || now.UnixMilli() < keeps:
		case open && terminal(h.Mark.Status):
		case r.isNewest(id, h.Mark) && !r.deleted[h.Mark.Parent]:
		default:
			entity := events.EntityID{Kind: events.Run, ID: id}
			plan = append(plan, old{start, events.Absence{Entity: entity, Seq: h.Seq, Op: events.Expired, At: now}})
		}
	}
	slices.SortFunc(plan, func(a, b old) int {
		return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.Entity.ID, b.Entity.ID))
	})
	var absent []events.Absence
	for _, o := range plan[:min(len(plan), expireAtOnce)] {
		absent = append(absent, o.Absence)
	}
	return absent
}
