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

// window is a span of execution records of one pipeline, by start time, and the coverage that reading it gives.
type window struct {
	pipeline string
	from, to time.Time
	back     bool      // a backfill, which says after each page how far it is
	through  int64     // no run number up to it is looked for any more
	reach    time.Time // how far back everything has been read then
	newest   time.Time // until when: later runs are known one by one
}

type heads = iter.Seq2[string, events.Head]

// planActive splits the open runs that are due (lookDue): pipelines whose latest run is open, and windows around older
// open runs. looked tells when a run was last looked at. One due pipeline brings all pipelines whose latest run is open: they
// share its call. Of the older runs those can not be found by their start that have none, or that CodeArts does not keep any more.
func planActive(runs heads, looked func(run string) time.Time, now time.Time) (latest []string, older []window) {
	oldest := now.Add(-Retention).UnixMilli()
	newest := newestRuns(runs)
	spans := map[string]*window{} // inclusive, without overlap
	latestDue := false
	for id, h := range runs {
		m := h.Mark
		switch due := lookDue(h, looked(id), now); {
		case terminal(m.Status):
		case m == newest[m.Parent]:
			latest = append(latest, m.Parent)
			latestDue = latestDue || due
		case m.From < oldest || !due:
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
	if !latestDue {
		latest = nil
	}
	slices.Sort(latest)
	for _, w := range spans {
		w.from, w.to = w.from.Add(-overlap), w.to.Add(overlap)
		older = append(older, *w)
	}
	slices.SortFunc(older, func(a, b window) int { return cmp.Compare(a.pipeline, b.pipeline) })
	return latest, older
}

// newestRuns is the latest run of each pipeline.
func newestRuns(runs heads) map[string]events.Mark {
	newest := map[string]events.Mark{}
	for _, h := range runs {
		if m, ok := newest[h.Mark.Parent]; !ok || h.Mark.Number > m.Number || h.Mark.Number == m.Number && h.Mark.From > m.From {
			newest[h.Mark.Parent] = h.Mark
		}
	}
	return newest
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
		w := window{pipeline: id, from: oldest, to: now, back: true, through: k.highest, reach: oldest, newest: now}
		switch {
		case !ok:
		case c.Status != coverageComplete: // where it stopped
			w.to, w.through, w.newest = time.UnixMilli(c.From).Add(overlap), c.Number, time.UnixMilli(c.To)
		default:
			start, missing := gap(k.numbers, c.Number, k.highest, c.To)
			if !missing {
				continue
			}
			if from := time.UnixMilli(start).Add(-time.Minute); from.After(oldest) {
				w.from = from
			}
			w.back, w.reach, w.newest = false, time.UnixMilli(c.From), time.UnixMilli(c.To)
		}
		plan = append(plan, w)
	}
	slices.SortFunc(plan, func(a, b window) int { return cmp.Compare(a.pipeline, b.pipeline) })
	return plan
}

// gap finds the first run number above through that is missing below highest, and the start of the last run before it.
func gap(numbers map[int64]int64, through, highest, covered int64) (from int64, missing bool) {
	from = covered
	for n := through; n < highest; n++ {
		start, ok := numbers[n]
		if !ok && n > through {
			return from, true
		}
		if start > 0 {
			from = start
		}
	}
	return 0, false
}

// planReconcile lists the pipelines whose execution records were last read as a whole longer than after ago, the longest
// ago first. A window of a gap is no whole reading.
func planReconcile(coverage heads, now time.Time, after time.Duration) []window {
	var plan []window
	for id, h := range coverage {
		if h.Mark.Status == coverageComplete && now.UnixMilli()-h.Mark.To >= after.Milliseconds() {
			plan = append(plan, window{pipeline: id, from: now.Add(-Retention), to: now, through: h.Mark.Number, reach: time.UnixMilli(h.Mark.From), newest: now})
		}
	}
	last := map[string]int64{}
	for id, h := range coverage {
		last[id] = h.Mark.To
	}
	slices.SortFunc(plan, func(a, b window) int {
		return cmp.Or(cmp.Compare(last[a.pipeline], last[b.pipeline]), cmp.Compare(a.pipeline, b.pipeline))
	})
	return plan
}

// wanted is an entity whose detail is to be fetched, as it was when that was planned.
type wanted struct {
	id   string
	mark events.Mark
}

// planDetails lists the runs that are over and whose detail is not known as of their last change, newest first. tried
// leaves out what was asked for without success.
func planDetails(k Known, tried func(id string, mark events.Mark) bool, now time.Time) []wanted {
	var plan []wanted
	newest := newestRuns(k.Of(events.Run))
	for id, h := range k.Of(events.Run) {
		if detailWanted(h.Mark, newest, now) && !detailKnown(k, id, h.Mark) && !tried(id, h.Mark) {
			plan = append(plan, wanted{id, h.Mark})
		}
	}
	slices.SortFunc(plan, func(a, b wanted) int {
		return cmp.Or(cmp.Compare(b.mark.To, a.mark.To), cmp.Compare(a.id, b.id))
	})
	return plan
}

// detailWanted says whether a run is over and CodeArts may still keep it. The latest run of a pipeline is listed however old
// it is, so its detail is asked for too.
func detailWanted(run events.Mark, newest map[string]events.Mark, now time.Time) bool {
	return terminal(run.Status) && (run.From >= now.Add(-Retention).UnixMilli() || run == newest[run.Parent])
}

// detailKnown says whether the log has a run's detail as of the run's last change.
func detailKnown(k Known, id string, run events.Mark) bool {
	d, ok := k.Head(events.RunDetail, id)
	return ok && d.Mark == run
}

// planConfigs lists the rows of a list whose detail is not known as of the row's last edit, in the order given. tried
// leaves out what was asked for without success.
func planConfigs(rows []wanted, k Known, detail events.Kind, tried func(id string, mark events.Mark) bool) (plan []wanted) {
	for _, row := range rows {
		if d, ok := k.Head(detail, row.id); (!ok || d.Mark != row.mark) && !tried(row.id, row.mark) {
			plan = append(plan, row)
		}
	}
	return plan
}
