package pollers

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"artery/internal/events"
)

// wideWalk is one complete walk through the pipelines of several projects.
type wideWalk struct {
	asked, answered time.Time
	projects        []string
	pages           int
	rows            []sharedRow
	taken           map[string]bool // by project
}

// sharedRow is a row of such a walk, the project that it is handed to, its pipeline ("" if it can not be read), and the latest run of that.
type sharedRow struct {
	Row
	project, id string
	latest      runIdentity
}

// covers says whether there is a walk, and the project was asked for.
func (l *wideWalk) covers(project string) bool {
	return l != nil && slices.Contains(l.projects, project)
}

// of are the rows of a project.
func (l *wideWalk) of(project string) iter.Seq[sharedRow] {
	return func(yield func(sharedRow) bool) {
		for _, row := range l.rows {
			if row.project == project && !yield(row) {
				return
			}
		}
	}
}

// identify reads whose row it is. One that can not be read, or is of a project that is not asked for, is handed to the first, as its
// own walk might have shown it.
func (r *sharedRow) identify(projects []string) {
	var id pipelineIdentity
	if r.project = projects[0]; identify(r.Raw, &id) != nil {
		return
	}
	if r.id = id.PipelineID; slices.Contains(projects, id.ProjectID) {
		r.project = id.ProjectID
	}
	if len(id.LatestRun) > 0 && identify(id.LatestRun, &r.latest) == nil && r.latest.RunID != "" {
		r.latest.PipelineID = cmp.Or(r.latest.PipelineID, r.id)
	}
}

// place gives each row its place among those of its project.
func (l *wideWalk) place() {
	n := map[string]int{}
	for i := range l.rows {
		row := &l.rows[i]
		row.At = n[row.project]
		n[row.project]++
	}
}

// against compares the walk with a later one through a project alone. What can be compared is what has not changed since before the walk
// began: it says how much of that is the same, and what is not. Pipelines of other projects are known by the walk before alone.
func (l *wideWalk) against(k Known, project string, runs map[string]runIdentity, before extent) (same int, differs string) {
	began, shown := l.asked.UnixMilli(), map[string]*sharedRow{}
	for i := range l.rows {
		shown[l.rows[i].id] = &l.rows[i]
	}
	for id := range runs {
		if before.ids[id] && before.asked.Before(l.asked) && shown[id] == nil {
			return 0, "it lacks a pipeline that is there"
		}
	}
	for id, h := range k.heads.Of(events.Pipeline) {
		run, listed := runs[id]
		row := shown[id]
		switch {
		case h.At >= began || h.Op == events.Deleted || row == nil && (!listed || h.Op.Gone()):
		case row == nil:
			return same, "it lacks a pipeline that is there"
		case !listed && h.Op == events.Missing:
			return same, "it shows a pipeline that is not there"
		case !listed:
		case k.sameSince(run, began) && row.latest != run:
			return same, "it shows another latest run, or that run as it was before"
		default:
			same++
		}
	}
	return same, ""
}

// sameSince says whether what is shown of a run was known before.
func (k Known) sameSince(run runIdentity, began int64) bool {
	head, known := k.Head(events.Run, run.RunID)
	return known && head.At < began && head.Mark == run.mark()
}

// behind says whether a walk through all shows less of a project than is known of it: a pipeline is not there, or its latest run is
// not, or that goes on although it was over. A walk through the project alone decides what that means.
func (l *wideWalk) behind(k Known, project string) bool {
	shown := map[string]*sharedRow{}
	for i := range l.rows {
		if l.rows[i].project == project {
			shown[l.rows[i].id] = &l.rows[i]
		}
	}
	for id, h := range k.heads.Of(events.Pipeline) {
		if h.Op != events.Deleted && shown[id] == nil {
			return true
		}
	}
	for id, row := range shown {
		p, ran := k.runs.pipelines[id]
		if !ran || p.id == "" {
			continue
		}
		known, _ := k.Head(events.Run, p.id)
		older := row.latest.RunID != p.id && int64(row.latest.RunNumber) < p.newest.Number
		again := row.latest.RunID == p.id && terminal(known.Mark.Status) && !terminal(row.latest.Status)
		if known.At < l.asked.UnixMilli() && (older || again) {
			return true
		}
	}
	return false
}
