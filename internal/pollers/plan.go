package pollers

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"artery/internal/events"
)

// This file is the call plan: pure functions from what is known and the time to what is to be asked.

// Retention is how long CodeArts keeps a run (product limit, 90 days).
const Retention = 90 * 24 * time.Hour

// overlap is added to windows of execution records: whether their ends are inclusive is not documented.
const overlap = 2 * time.Second

// window is a span of execution records of one pipeline, by start time.
type window struct {
	pipeline string
	from, to time.Time
	through  int64     // highest run number known when it was planned
	back     bool      // newest first, down to what CodeArts keeps; else only a gap
	newest   time.Time // upper end of what has been read, which a resumed backfill keeps
}

type heads = iter.Seq2[string, events.Head]

// planActive splits the open runs: pipelines whose latest run is open, and windows around older open runs.
func planActive(runs heads) (latest []string, older []window) {
	newest := map[string]events.Mark{}
	for _, h := range runs {
		if m, ok := newest[h.Mark.Parent]; !ok || h.Mark.Number > m.Number || h.Mark.Number == m.Number && h.Mark.From > m.From {
			newest[h.Mark.Parent] = h.Mark
		}
	}
	spans := map[string]*window{} // inclusive, without overlap
	for _, h := range runs {
		m := h.Mark
		switch {
		case terminal(m.Status):
		case m == newest[m.Parent]:
			latest = append(latest, m.Parent)
		default:
			w := spans[m.Parent]
			if w == nil {
				w = &window{pipeline: m.Parent, from: time.UnixMilli(m.From), to: time.UnixMilli(m.From)}
				spans[m.Parent] = w
			}
			if at := time.UnixMilli(m.From); at.Before(w.from) {
				w.from = at
			} else if at.After(w.to) {
				w.to = at
			}
		}
	}
	slices.Sort(latest)
	for _, w := range spans {
		w.from, w.to = w.from.Add(-overlap), w.to.Add(overlap)
		older = append(older, *w)
	}
	slices.SortFunc(older, func(a, b window) int { return cmp.Compare(a.pipeline, b.pipeline) })
	return latest, older
}

// planHistory says which execution records have to be read: everything that CodeArts keeps, once per pipeline, and later
// the windows of missing run numbers.
func planHistory(runs, coverage heads, now time.Time) []window {
	type known struct {
		numbers map[int64]int64 // run number -> start
		highest int64
	}
	pipelines := map[string]*known{}
	for _, h := range runs {
		k := pipelines[h.Mark.Parent]
		if k == nil {
			k = &known{numbers: map[int64]int64{}}
			pipelines[h.Mark.Parent] = k
		}
		k.numbers[h.Mark.Number] = h.Mark.From
		k.highest = max(k.highest, h.Mark.Number)
	}
	covered := map[string]events.Mark{}
	for id, h := range coverage {
		covered[id] = h.Mark
	}
	oldest := now.Add(-Retention)
	var plan []window
	for id, k := range pipelines {
		c, ok := covered[id]
		switch {
		case !ok:
			plan = append(plan, window{pipeline: id, from: oldest, to: now, newest: now, through: k.highest, back: true})
		case c.Status != coverageComplete:
			plan = append(plan, window{pipeline: id, from: oldest, to: time.UnixMilli(c.From).Add(overlap), newest: time.UnixMilli(c.To), through: c.Number, back: true})
		default:
			if start, missing := gap(k.numbers, c.Number, k.highest, c.To); missing {
				from := time.UnixMilli(start).Add(-time.Minute)
				if from.Before(oldest) {
					from = oldest
				}
				plan = append(plan, window{pipeline: id, from: from, to: now, newest: now, through: k.highest})
			}
		}
	}
	slices.SortFunc(plan, func(a, b window) int { return cmp.Compare(a.pipeline, b.pipeline) })
	return plan
}

// gap finds the first run number above through that is missing below highest, and the start of the last run before it.
func gap(numbers map[int64]int64, through, highest, covered int64) (from int64, missing bool) {
	from = covered
	for n := through + 1; n < highest; n++ {
		start, ok := numbers[n]
		if !ok {
			return from, true
		}
		from = start
	}
	return 0, false
}

// wanted is a run whose detail is to be fetched.
type wanted struct {
	run  string
	mark events.Mark
	hash events.Hash
}

// planDetails lists the runs that are over and whose detail is not known as of their last change, newest first. tried
// leaves out what was asked for without success.
func planDetails(runs heads, detail func(run string) (events.Head, bool), tried func(run string, h events.Hash) bool, now time.Time) []wanted {
	oldest := now.Add(-Retention).UnixMilli()
	var plan []wanted
	for id, h := range runs {
		if !terminal(h.Mark.Status) || h.Mark.From < oldest || tried(id, h.Hash) {
			continue
		}
		if d, ok := detail(id); ok && d.Mark == h.Mark {
			continue
		}
		plan = append(plan, wanted{id, h.Mark, h.Hash})
	}
	slices.SortFunc(plan, func(a, b wanted) int {
		return cmp.Or(cmp.Compare(b.mark.To, a.mark.To), cmp.Compare(a.run, b.run))
	})
	return plan
}
