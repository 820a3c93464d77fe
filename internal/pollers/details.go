package pollers

import (
	"context"
	"errors"
	"sync/atomic"

	"artery/internal/codearts"
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
// first. A run that CodeArts does not know any more is not asked for again while it stays as it is.
func pollDetails(ctx context.Context, p *Pass) error {
	plan := planDetails(p.Known(events.Run), func(run string) (events.Head, bool) { return p.Head(events.RunDetail, run) }, p.memo.tried, p.Now)
	for len(plan) > 0 {
		n := min(detailsCommit, len(plan))
		if err := fetchDetails(ctx, p, plan[:n]); err != nil {
			return err
		}
		if err := p.Commit(ctx); err != nil {
			return err
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
			var api *codearts.Error
			switch {
			case errors.As(err, &api) && api.Class == codearts.ClassNotFound:
				p.memo.try(w.run, w.hash)
				lost.Add(1)
				return nil
			case err != nil:
				return err
			}
			p.Page()
			p.memo.try(w.run, w.hash)
			p.Saw("", events.RunDetail, w.run, raw, w.mark, asked)
			return nil
		})
	}
	err := g.Wait()
	if n := lost.Load(); n > 0 {
		p.Log.Info("runs without detail: codearts does not know them any more", "runs", n)
	}
	return err
}
