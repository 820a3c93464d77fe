package pollers

import "artery/internal/events"

// runs is what the call plan asks of the runs of a scope. It follows the heads one by one, so that a round every few
// seconds does not read a million of them. It is computed from heads alone and can be made anew at any time.
type runs struct {
	open       map[string]events.Head // runs that are not over
	undetailed map[string]events.Mark // runs that are over, whose detail is not known as of their last change
	unlogged   map[string]events.Head // failed steps whose log is not known
	pipelines  map[string]*pipelineRuns
	doubted    map[string]bool // runs in open of which the log says that they are over
	deleted    map[string]bool // pipelines of which nothing can be asked any more
}

// pipelineRuns are the runs of one pipeline, as far as its execution records have not been read.
type pipelineRuns struct {
	newest  events.Mark
	id      string // of the newest run
	highest int64  // run number
	looked  int64  // no number up to it is missing, or it was looked for; 0 before the first coverage
	// starts are the starts by number (epoch ms) of the runs from looked on: in the long run that is one.
	starts  map[int64]int64
	covered events.Mark // of the coverage; the zero mark if there is none
}

// indexRuns reads all heads.
func indexRuns(heads *events.Heads) *runs {
	r := &runs{open: map[string]events.Head{}, undetailed: map[string]events.Mark{}, unlogged: map[string]events.Head{}, pipelines: map[string]*pipelineRuns{}, doubted: map[string]bool{}, deleted: map[string]bool{}}
	for _, kind := range []events.Kind{events.Pipeline, events.Coverage, events.Run, events.RunDetail, events.StepLog} {
		for id, h := range heads.Of(kind) {
			r.follow(heads, events.EntityID{Kind: kind, ID: id}, h)
		}
	}
	return r
}

// follow takes note of a head, which heads has already.
func (r *runs) follow(heads *events.Heads, id events.EntityID, h events.Head) {
	switch id.Kind {
	case events.Pipeline:
		if delete(r.deleted, id.ID); h.Op == events.Deleted {
			r.deleted[id.ID] = true
		}
	case events.Run:
		r.followRun(heads, id.ID, h)
	case events.RunDetail:
		if run, known := heads.Get(events.EntityID{Kind: events.Run, ID: id.ID}); known {
			r.followDetail(heads, id.ID, run)
		}
	case events.StepLog:
		if delete(r.unlogged, id.ID); h.Mark.Status != events.LogHave && !h.Op.Gone() {
			r.unlogged[id.ID] = h
		}
	case events.Coverage:
		p := r.pipeline(id.ID)
		if p.covered = h.Mark; h.Op.Gone() {
			p.covered, p.looked = events.Mark{}, 0
		}
		p.looked = max(p.looked, p.covered.Number)
		for number := range p.starts {
			if number < p.looked {
				delete(p.starts, number)
			}
		}
		p.advance()
	}
}

// advance moves looked up to the first number that is missing.
func (p *pipelineRuns) advance() {
	if p.covered.Status == "" {
		return
	}
	for to := p.reach(p.looked); p.looked < to; p.looked++ {
		delete(p.starts, p.looked)
	}
}

// reach is the last run number before the first one above n that is missing.
func (p *pipelineRuns) reach(n int64) int64 {
	for _, known := p.starts[n+1]; known; _, known = p.starts[n+1] {
		n++
	}
	return n
}

func (r *runs) followRun(heads *events.Heads, id string, h events.Head) {
	delete(r.doubted, id)
	if open := !terminal(h.Mark.Status) && !h.Op.Gone(); open {
		r.open[id] = h
	} else {
		delete(r.open, id)
	}
	r.followDetail(heads, id, h)
	p := r.pipeline(h.Mark.Parent)
	if h.Op.Gone() {
		if p.id == id {
			p.recall(heads, h.Mark.Parent)
		}
		if h.Op != events.Expired {
			return
		}
	}
	p.highest = max(p.highest, h.Mark.Number)
	if h.Mark.Number >= p.looked {
		p.starts[h.Mark.Number] = h.Mark.From
		p.advance()
	}
	if !h.Op.Gone() && (p.id == id || p.id == "" || later(h.Mark, p.newest)) {
		p.id, p.newest = id, h.Mark
	}
}

// later says whether a run is newer than another of its pipeline: the number decides, without one the start.
func later(a, b events.Mark) bool {
	return a.Number > b.Number || a.Number == b.Number && a.From > b.From
}

// recall finds the newest run of a pipeline anew: the one it had is gone.
func (p *pipelineRuns) recall(heads *events.Heads, pipeline string) {
	p.id, p.newest = "", events.Mark{}
	for id, h := range heads.Of(events.Run) {
		if h.Mark.Parent == pipeline && !h.Op.Gone() && (p.id == "" || later(h.Mark, p.newest)) {
			p.id, p.newest = id, h.Mark
		}
	}
}

// detailed says whether the detail of a run is known as of a state of it.
func detailed(heads *events.Heads, id string, run events.Mark) bool {
	detail, known := heads.Get(events.EntityID{Kind: events.RunDetail, ID: id})
	return known && !detail.Op.Gone() && detail.Mark == run
}

func (r *runs) followDetail(heads *events.Heads, id string, run events.Head) {
	if terminal(run.Mark.Status) && !run.Op.Gone() && !detailed(heads, id, run.Mark) {
		r.undetailed[id] = run.Mark
	} else {
		delete(r.undetailed, id)
	}
}

func (r *runs) pipeline(id string) *pipelineRuns {
	p := r.pipelines[id]
	if p == nil {
		p = &pipelineRuns{starts: map[int64]int64{}}
		r.pipelines[id] = p
	}
	return p
}

// doubt has a run that was over looked at like one that goes on, as the last answer shows it; follow ends that.
func (r *runs) doubt(id string, h events.Head, shown events.Mark) {
	h.Mark = shown
	r.open[id], r.doubted[id] = h, true
	delete(r.undetailed, id)
}

// isNewest says whether a run is the newest of its pipeline.
func (r *runs) isNewest(id string, run events.Mark) bool { return r.pipelines[run.Parent].id == id }
