package pollers

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"artery/internal/events"
)

// This file is the call plan: pure functions from what is known and the time to what is to be asked.

// Retention is how long CodeArts keeps a run.
const Retention = events.Retention

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

// queuedFor is how long a run is looked for that has not begun: CodeArts drops what has waited in a queue for 24 hours.
const queuedFor = 25 * time.Hour

type heads = iter.Seq2[string, events.Head]

// openRuns are the open runs of one project: what planLooks decides about.
type openRuns struct {
	project string
	latest  []openRun // of pipelines whose latest run is open, by pipeline
	older   []window  // around older open runs, for the pipelines of which one is due
}

// openRun is the latest run of a pipeline, which is open.
type openRun struct {
	pipeline, id, status string
	due                  bool
	doubted              bool // an answer had it open again after it was over: only a direct question decides
}

// planActive splits the open runs of a project: pipelines whose latest run is open, and windows around older ones that are due. One
// due run brings the others of its pipeline into its window, if one page is sure to hold them. Of the older runs those can not be
// found by their start that CodeArts does not keep any more, or that have none and have waited for it for too long.
func planActive(r *runs, due func(run string) bool, now time.Time) (open openRuns) {
	oldest := now.Add(-Retention).UnixMilli()
	older := map[string]*olderRuns{}
	for id, h := range r.open {
		m := h.Mark
		switch {
		case r.deleted[m.Parent]:
		case r.isNewest(id, m):
			open.latest = append(open.latest, openRun{m.Parent, id, m.Status, due(id), r.doubted[id]})
		case m.From == 0 && now.Sub(time.UnixMilli(h.At)) > queuedFor, m.From != 0 && m.From < oldest:
		default:
			o := older[m.Parent]
			if o == nil {
				o = &olderRuns{}
				older[m.Parent] = o
			}
			if m.From == 0 { // it had not begun when it was seen
				m.From, o.until = time.UnixMilli(h.At).Add(-time.Minute).UnixMilli(), now
			}
			o.add(m, due(id))
		}
	}
	slices.SortFunc(open.latest, func(a, b openRun) int { return cmp.Compare(a.pipeline, b.pipeline) })
	for id, o := range older {
		if len(o.due) > 0 {
			open.older = append(open.older, o.window(id))
		}
	}
	slices.SortFunc(open.older, func(a, b window) int { return cmp.Compare(a.pipeline, b.pipeline) })
	return open
}

// olderRuns are the open runs of a pipeline but for its latest.
type olderRuns struct {
	due, others []events.Mark
	until       time.Time // one of them may have begun by then; zero: the start of each is known
}

func (o *olderRuns) add(m events.Mark, due bool) {
	if due {
		o.due = append(o.due, m)
	} else {
		o.others = append(o.others, m)
	}
}

// window is the span of the starts of those that are due, and of the others whose numbers say that one page holds them all.
func (o *olderRuns) window(pipeline string) window {
	number := func(a, b events.Mark) int { return cmp.Compare(a.Number, b.Number) }
	chosen, low, high := o.due, slices.MinFunc(o.due, number).Number, slices.MaxFunc(o.due, number).Number
	for _, m := range o.others {
		if m.Number > 0 && low > 0 && max(high, m.Number)-min(low, m.Number) < onePage {
			chosen, low, high = append(chosen, m), min(low, m.Number), max(high, m.Number)
		}
	}
	start := func(a, b events.Mark) int { return cmp.Compare(a.From, b.From) }
	return window{
		pipeline: pipeline,
		from:     time.UnixMilli(slices.MinFunc(chosen, start).From).Add(-overlap),
		to:       latest(time.UnixMilli(slices.MaxFunc(chosen, start).From), o.until).Add(overlap),
	}
}

// planGaps says where run numbers are missing above those that have been looked for: a run began and another one after it between
// two looks. Of a pipeline that was not read back yet that is all that is known above its first number, and reading back shows it.
func planGaps(r *runs, now time.Time, depth time.Duration) []window {
	oldest := now.Add(-depth)
	var plan []window
	for id, p := range r.watched() {
		start, missing := p.gap()
		if !missing {
			continue
		}
		w, _ := r.back(id, now, depth)
		if p.covered.Status != "" {
			w = window{pipeline: id, from: oldest, to: now, through: p.highest, reach: time.UnixMilli(p.covered.From), newest: time.UnixMilli(p.covered.To)}
			if from := time.UnixMilli(start).Add(-time.Minute); from.After(oldest) {
				w.from = from
			}
		}
		plan = append(plan, w)
	}
	slices.SortFunc(plan, byPipeline)
	return plan
}

// planHistory says which execution records have to be read back: everything as far as depth, once per pipeline, and where more is
// wanted than was, the rest.
func planHistory(r *runs, now time.Time, depth time.Duration) []window {
	var plan []window
	for id := range r.watched() {
		if w, wanted := r.back(id, now, depth); wanted {
			plan = append(plan, w)
		}
	}
	slices.SortFunc(plan, byPipeline)
	return plan
}

func byPipeline(a, b window) int { return cmp.Compare(a.pipeline, b.pipeline) }

// watched are the pipelines that have runs, and that can be asked about.
func (r *runs) watched() iter.Seq2[string, *pipelineRuns] {
	return func(yield func(string, *pipelineRuns) bool) {
		for id, p := range r.pipelines {
			// Without an id it is a coverage of a pipeline without runs.
			if p.id != "" && !r.deleted[id] && !yield(id, p) {
				return
			}
		}
	}
}

// back is what is left to be read back of a pipeline.
func (r *runs) back(id string, now time.Time, depth time.Duration) (w window, wanted bool) {
	oldest, p := now.Add(-depth), r.pipelines[id]
	w = window{pipeline: id, from: oldest, to: now, back: true, through: p.highest, reach: oldest, newest: now}
	switch c := p.covered; c.Status {
	case "":
		return w, true
	case coverageComplete:
		if time.UnixMilli(c.From).Sub(oldest) <= deepenAfter {
			return window{}, false
		}
	}
	w.goOn(p.covered) // where it stopped
	return w, true
}

// goOn has a window that reads back begin where a coverage ends. One that reaches further than is wanted now ends there.
func (w *window) goOn(c events.Mark) {
	w.to, w.through, w.newest = time.UnixMilli(c.From).Add(overlap), c.Number, time.UnixMilli(c.To)
	if w.to.Before(w.from) {
		w.from, w.reach = w.to.Add(-overlap), w.to.Add(-overlap)
	}
}

// first orders what holds before what does not.
func first(a, b bool) int {
	switch {
	case a && !b:
		return -1
	case b && !a:
		return 1
	}
	return 0
}

// gap says whether a run number is missing below the highest, and what the first one that is began after: the start of the run
// before it, or when all was read. Before a pipeline was read back nothing below the first number that is known counts as looked for.
func (p *pipelineRuns) gap() (from int64, missing bool) {
	looked := p.looked
	if p.covered.Status == "" {
		looked = p.highest
		for n := range p.starts {
			looked = min(looked, n)
		}
		looked = p.reach(looked)
	}
	return cmp.Or(p.starts[looked], p.covered.To), looked < p.highest
}

// planReconcile lists the pipelines that are there and whose execution records were last read as a whole longer than after ago, the longest
// ago first. A window of a gap is no whole reading.
func planReconcile(coverage heads, r *runs, now time.Time, after, depth time.Duration) []window {
	var plan []window
	for id, h := range coverage {
		if h.Mark.Status == coverageComplete && !r.deleted[id] && now.UnixMilli()-h.Mark.To >= after.Milliseconds() {
			plan = append(plan, window{pipeline: id, from: now.Add(-depth), to: now, through: h.Mark.Number, reach: time.UnixMilli(h.Mark.From), newest: now})
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

// failed says whether it is a run that has failed.
func (w wanted) failed() bool { return w.mark.Status == "FAILED" }

// planDetails lists the runs that are over and whose detail is not known as of their last change: urgent are the failed ones, then
// those that are preferred. Newer ones come first. tried leaves out what was asked for without success.
func planDetails(r *runs, tried func(id string, mark events.Mark) bool, preferred func(id string) bool, now time.Time) (urgent, rest []wanted) {
	for id, m := range r.undetailed {
		switch w := (wanted{id, m}); {
		case !r.detailWanted(id, m, now) || tried(id, m):
		case w.failed() || preferred(id):
			urgent = append(urgent, w)
		default:
			rest = append(rest, w)
		}
	}
	for _, plan := range [][]wanted{urgent, rest} {
		slices.SortFunc(plan, func(a, b wanted) int {
			return cmp.Or(first(a.failed(), b.failed()), cmp.Compare(b.mark.To, a.mark.To), cmp.Compare(a.id, b.id))
		})
	}
	return urgent, rest
}

// detailWanted says whether a run is over and CodeArts may still keep it. The latest run of a pipeline is listed however old
// it is, so its detail is asked for too.
func (r *runs) detailWanted(id string, run events.Mark, now time.Time) bool {
	return terminal(run.Status) && r.kept(id, run, now)
}

// kept says whether CodeArts may still keep a run, and can be asked about it.
func (r *runs) kept(id string, run events.Mark, now time.Time) bool {
	return !r.deleted[run.Parent] && (run.From >= now.Add(-Retention).UnixMilli() || r.isNewest(id, run))
}

// wantedLog is a step whose log is to be asked for.
type wantedLog struct {
	id     string
	seq    uint64 // of its last event
	ended  int64
	failed bool // its run has failed
}

// planLogs lists the failed steps whose log is not known, may still be kept, and was not asked for lately: those of failed
// runs first and newest first.
func planLogs(r *runs, heads *events.Heads, now time.Time) []wantedLog {
	var plan []wantedLog
	for id, h := range r.unlogged {
		run, known := heads.Get(events.EntityID{Kind: events.Run, ID: h.Mark.Parent})
		if known && logDue(h.Mark, now) && r.kept(h.Mark.Parent, run.Mark, now) {
			plan = append(plan, wantedLog{id, h.Seq, h.Mark.To, run.Mark.Status == "FAILED"})
		}
	}
	slices.SortFunc(plan, func(a, b wantedLog) int {
		return cmp.Or(first(a.failed, b.failed), cmp.Compare(b.ended, a.ended), cmp.Compare(a.id, b.id))
	})
	return plan
}

// logDue says whether a log is to be asked for, if it was asked for in vain: each time after twice the wait.
func logDue(m events.Mark, now time.Time) bool {
	return m.Number == 0 || now.Sub(time.UnixMilli(m.From)) >= logAgain<<min(m.Number-1, 20)
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

// planMissing lists the plug-ins of which a version is not known in all its parts as of the version's last edit.
func planMissing(versions []pluginVersion, k Known) map[string]bool {
	missing := map[string]bool{}
	for _, v := range versions {
		for _, kind := range partsOf {
			if d, ok := k.Head(kind, v.id); !ok || d.Mark != v.mark {
				missing[v.of.Plugin] = true
			}
		}
	}
	return missing
}
