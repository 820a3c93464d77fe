package pollers

import (
	"context"
	"encoding/json"
	"slices"
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
	// detailsPortion is how many of the others are fetched before a round that is waited for.
	detailsPortion = 50
)

// pollDetails fetches the detail of each run that is over (CodeArts Pipeline API 4.2.3), once per end of the run: failed
// ones first, then those that the tenant prefers, newest first. The others take what the budget leaves, and give way to a round that
// is waited for: it may bring new failures. A run whose detail CodeArts does not give is asked for again ever more rarely while it stays as it is.
func pollDetails(ctx context.Context, p *Pass) error {
	var urgent, rest []wanted
	p.Look(func(k Known) {
		urgent, rest = planDetails(k.runs, p.memo.of(events.RunDetail, p.Now), p.home.prefers, p.Now)
	})
	if err := p.fetchDetails(ctx, urgent); err != nil || p.Tenant.Depth.FailedOnly {
		return err
	}
	p.API = p.API.As(codearts.PriorityBackfill)
	for portion := range slices.Chunk(rest, detailsPortion) {
		if err := p.fetchDetails(ctx, portion); err != nil {
			return err
		}
		if p.dueAgain() {
			break
		}
	}
	return nil
}

func (p *Pass) fetchDetails(ctx context.Context, plan []wanted) error {
	return p.fetch(ctx, events.RunDetail, "RunDetail", plan, func(ctx context.Context, w wanted) (json.RawMessage, error) {
		asked := p.now()
		detail, err := p.API.RunDetail(ctx, p.Project, w.mark.Parent, w.id)
		p.home.answered(w.id)
		if err == nil {
			p.sawFailedSteps(w.id, w.mark.Parent, detail, asked)
		}
		return detail, err
	})
}

// fetch asks for the planned details, commits them in portions, and remembers what was asked for.
func (p *Pass) fetch(ctx context.Context, kind events.Kind, api string, plan []wanted, ask func(context.Context, wanted) (json.RawMessage, error)) error {
	for len(plan) > 0 {
		n := min(detailsCommit, len(plan))
		if err := p.fetchPortion(ctx, kind, api, plan[:n], ask); err != nil {
			return err
		}
		if err := p.asked(ctx, kind, plan[:n]); err != nil {
			return err
		}
		plan = plan[n:]
	}
	return nil
}

// asked commits what was handed over, and remembers what was asked for and brought nothing: not before it is written. Of the
// rest the log knows all that there is to remember, and a collector may fetch a million details.
func (p *Pass) asked(ctx context.Context, kind events.Kind, plan []wanted) error {
	if err := p.Commit(ctx); err != nil {
		return err
	}
	p.Look(func(k Known) {
		for _, w := range plan {
			if detail, known := k.Head(kind, w.id); known && detail.Mark == w.mark {
				p.memo.forget(kind, w.id)
			} else {
				p.memo.try(kind, w.id, w.mark, p.now())
			}
		}
	})
	return nil
}

func (p *Pass) fetchPortion(ctx context.Context, kind events.Kind, api string, plan []wanted, ask func(context.Context, wanted) (json.RawMessage, error)) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(detailsParallel)
	var lost atomic.Int64
	for _, w := range plan {
		g.Go(func() error {
			asked := p.now()
			raw, err := ask(ctx, w)
			switch {
			case err == nil:
				p.Page()
				p.Saw("", kind, w.id, Row{Raw: raw, API: api, Asked: asked}, w.mark)
				return nil
			case p.Lost(kind, w.id, err):
				lost.Add(1)
				return nil
			}
			return err
		})
	}
	err := g.Wait()
	if n := lost.Load(); n > 0 {
		p.Log.Info("details that codearts does not give", "kind", kind, "details", n)
	}
	return err
}
