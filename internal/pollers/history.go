package pollers

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"

	"golang.org/x/sync/errgroup"
)

// coverageComplete is the status mark of a coverage whose backfill is done, coveragePartial of one that goes on.
const coverageComplete, coveragePartial = "complete", "partial"

// historyParallel bounds how many pipelines are read at once; the limiter sets the pace. historyPortion is how many are read
// back before a round that is waited for.
const historyParallel, historyPortion = 4, 16

// pollGaps reads the execution records (CodeArts Pipeline API 4.2.7) around run numbers that are missing. It never waits for
// what reads back: a run that no list has shown is as new as one that a list shows.
func pollGaps(ctx context.Context, p *Pass) error {
	var plan []window
	p.Look(func(k Known) { plan = planGaps(k.runs, p.Now, p.Tenant.Depth.history()) })
	return readWindows(ctx, p, plan)
}

// pollHistory reads back the execution records (CodeArts Pipeline API 4.2.7) of pipelines. Every page is written together with
// how far it reaches, so that a page that is stored is never asked for again. It gives way to a round that is waited for, which
// goes on where this one ends.
func pollHistory(ctx context.Context, p *Pass) error {
	var plan []window
	p.Look(func(k Known) { plan = planHistory(k.runs, p.Now, p.Tenant.Depth.history()) })
	for portion := range slices.Chunk(plan, historyPortion) {
		if err := readWindows(ctx, p, portion); err != nil {
			return err
		}
		if p.dueAgain() {
			break
		}
	}
	return nil
}

// pollReconcile reads again the execution records as far back as the history goes, of the pipelines for which that was last done
// most of a period of the schedule ago. It finds what no other call shows: an old run that was retried under its own id
// while a newer run exists. What CodeArts does not keep any more expires; for that nobody has to be asked.
func pollReconcile(ctx context.Context, p *Pass) error {
	var plan []window
	p.Look(func(k Known) {
		p.Gone(planExpired(k.heads.Of(events.Run), k.runs, p.Now))
		plan = planReconcile(k.Of(events.Coverage), k.runs, p.Now, p.Every*4/5, p.Tenant.Depth.history())
	})
	return readWindows(ctx, p, plan)
}

func readWindows(ctx context.Context, p *Pass, plan []window) error {
	g, calling := errgroup.WithContext(ctx)
	g.SetLimit(historyParallel)
	for _, w := range plan {
		g.Go(func() error {
			err := readWindow(ctx, calling, p, w)
			if p.Lost(events.Coverage, w.pipeline, err) {
				return nil
			}
			return err
		})
	}
	return g.Wait()
}

// windowWalks bounds how often a window is read whose rows shift each time.
const windowWalks = 3

// readWindow reads a window, and once more from its start when a row has left it on the way: those behind it have moved up, and
// the first of the next page was on none. It writes under the context of the round: a call of another window that fails ends
// calling, not an append.
func readWindow(ctx, calling context.Context, p *Pass, w window) error {
	if w.back { // the other poller may have read meanwhile
		wanted := false
		if p.Look(func(k Known) { w, wanted = k.runs.back(w.pipeline, p.Now, p.Tenant.Depth.history()) }); !wanted {
			return nil
		}
	}
	for walks := 1; ; walks++ {
		shifted, err := walkWindow(ctx, calling, p, w, walks < windowWalks)
		if err != nil || !shifted {
			return err
		}
		p.Log.Info("execution records shifted between pages, reading them again", "pipeline", w.pipeline)
	}
}

// walkWindow is one walk through a window. If careful, it stops before a page whose total says that a row has left; what the
// pages before it showed is written, and no coverage speaks of that page.
func walkWindow(ctx, calling context.Context, p *Pass, w window, careful bool) (shifted bool, err error) {
	asked := p.now()
	reached, seen, total := w.to.UnixMilli(), 0, 0
	for page, err := range p.API.PipelineRuns(calling, p.Project, w.pipeline, codearts.Window{From: w.from, To: w.to, Descending: true}) {
		if absent(err) && seen == 0 {
			break // of a pipeline that does not exist CodeArts keeps nothing: everything has been read
		}
		if err != nil {
			return false, err
		}
		p.Page()
		if careful && seen > 0 && page.Total < total {
			return true, nil
		}
		for i, raw := range page.Items {
			row := Row{Raw: raw, API: page.API, At: page.Offset + i, Asked: asked}
			if run, _ := p.sawRun("", w.pipeline, byRecords, row); run.StartTime > 0 {
				reached = min(reached, int64(run.StartTime))
			}
		}
		seen, total = seen+len(page.Items), page.Total
		if w.back && seen < total { // the last page is written with the window's end, below
			p.sawCoverage(w, reached, total, seen, false, asked)
			if err := p.Commit(ctx); err != nil {
				return false, err
			}
		}
		asked = p.now()
	}
	p.sawCoverage(w, w.reach.UnixMilli(), total, seen, true, asked)
	return false, p.Commit(ctx)
}

// sawCoverage hands over how far a pipeline's execution records have been read. While they are read back, whoever reads a window
// beside that leaves it where it is.
func (p *Pass) sawCoverage(w window, from int64, total, seen int, complete bool, asked time.Time) {
	c := events.CoverageBody{
		PipelineID: w.pipeline, From: from, To: w.newest.UnixMilli(), Through: w.through, Complete: complete,
		WindowFrom: w.from.UnixMilli(), WindowTo: w.to.UnixMilli(), Total: int64(total), Seen: int64(seen),
	}
	p.Look(func(k Known) {
		if stored, known := k.Head(events.Coverage, w.pipeline); known {
			c.Through = max(c.Through, stored.Mark.Number)
			if !w.back {
				c.From, c.To, c.Complete = stored.Mark.From, max(c.To, stored.Mark.To), stored.Mark.Status == coverageComplete
			}
		}
	})
	mark := events.Mark{Number: c.Through, Status: coveragePartial, From: c.From, To: c.To}
	if c.Complete {
		mark.Status = coverageComplete
	}
	raw, err := json.Marshal(c)
	if err != nil {
		panic("pollers: a coverage is always JSON: " + err.Error()) // only numbers, strings and booleans
	}
	p.Saw("", events.Coverage, w.pipeline, Row{Raw: raw, Asked: asked}, mark)
}
