package pollers

import (
	"context"
	"slices"

	"artery/internal/events"
)

// walkAll walks through the pipelines of several projects of the tenant at once (CodeArts Pipeline API 4.2.4), for the rounds of each. One
// that fails is no loss: the projects are walked alone then.
func (p *Pass) walkAll(ctx context.Context, projects []string) {
	defer p.wide.ended()
	trusted, had := p.wide.before()
	if trusted {
		defer p.siblings()
	}
	walk := &wideWalk{asked: p.now(), projects: projects, taken: map[string]bool{}}
	for some := range slices.Chunk(projects, listedProjects) {
		var now *sweep
		done := len(walk.rows)
		sweep, err := p.list(p.API.PipelinesOfAll(ctx, some), func(s *sweep, row Row) {
			if now != s { // they are walked once more
				now, walk.rows = s, walk.rows[:done]
			}
			shared := sharedRow{Row: row}
			if at := len(walk.rows); at < len(had) && &had[at].Raw[0] == &row.Raw[0] {
				shared.project, shared.id, shared.latest = had[at].project, had[at].id, had[at].latest
			} else {
				shared.identify(some)
			}
			s.id(shared.id)
			walk.rows = append(walk.rows, shared)
		})
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !sweep.short:
			p.wide.failed(err.Error(), !ofOneProject(err), p.now())
			return
		case !sweep.complete():
			p.wide.failed("its pages do not add up", false, p.now())
			return
		}
		walk.pages += sweep.pages
	}
	walk.answered = p.now()
	walk.place()
	p.wide.walked(walk)
}

// sharedWalk hands over what the last walk through all has shown of the project, and returns its sweep; nil if the project has to be
// walked alone.
func (p *Pass) sharedWalk() *sweep {
	walk, alone := p.wide.share(p.Project, p.now())
	if walk == nil {
		return nil
	}
	behind := false
	p.Look(func(k Known) { behind = walk.behind(k, p.Project) })
	if behind {
		return nil
	}
	sweep := newSweep()
	for row := range walk.of(p.Project) {
		p.sawListed(sweep, row.Row)
		if !alone[row.id] { // its own list may lack it as long as it is there
			p.home.listElsewhere(events.Pipeline, row.id, row.Asked)
		}
	}
	sweep.whole()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.sweep.Started = walk.asked
	return sweep
}
