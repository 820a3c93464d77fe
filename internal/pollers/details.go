package pollers

import (
	"context"
	"sync/atomic"

	"artery/internal/events"

	"golang.org/x/sync/errgroup"
)

const (
	// detailsParallel bounds the requests under way; the limiter sets the pace.
	detailsParallel = 8
	// detailsCommit is how many details one round holds: as much as is lost when the process is killed.
	detailsCommit = 200
)

// pollDetails fetches the detail of each run that is over (CodeArts Pipeline API 4.2.3), once per end of the run, newest
// first. A run whose detail CodeArts does not give is not asked for again while it stays as it is.
func pollDetails(ctx context.Context, p *Pass) error {
	var plan []wanted
	p.Look(func(k Known) { plan = planDetails(k, p.memo.tried, p.Now) })
	for len(plan) > 0 {
		n := min(detailsCommit, len(plan))
		if err := fetchDetails(ctx, p, plan[:n]); err != nil {
			return err
		}
		if err := p.Commit(ctx); err != nil {
			return err
		}
		for _, w := range plan[:n] { // not before they are written
			p.memo.try(w.run, w.mark)
		}
		plan = plan[n:]
	}
	return nil
}

func fetchDetails(ctx context.Context, p *Pass, plan []wanted) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(detailsParallel)
	var lost atomic.Int64
	for _, w := range plan {
		g.Go(func() error {
			asked := p.now()
			raw, err := p.API.RunDetail(ctx, p.Project, w.mark.Parent, w.run)
			switch {
			case err == nil:
				p.Page()
				p.Saw("", events.RunDetail, w.run, raw, w.mark, asked)
				return nil
			case p.Lost(events.RunDetail, w.run, err):
				lost.Add(1)
				return nil
			}
			return err
		})
	}
	err := g.Wait()
	if n := lost.Load(); n > 0 {
		p.Log.Info("runs without detail: codearts does not give them", "runs", n)
	}
	return err
}
