package pollers

import (
	"cmp"
	"context"
	"maps"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pollPipelines sweeps the pipeline list of a project (CodeArts Pipeline API 4.2.4), or takes what a walk through the lists of all projects
// has just shown of it (wide.go). Each row is a pipeline and, in latest_run, the summary of its latest run. A row may belong to
// another project than the one asked for; it goes to its owner's scope.
func pollPipelines(ctx context.Context, p *Pass) error {
	if projects := p.wide.turn(p.Project, p.watched(), p.Every, p.Now); projects != nil {
		p.walkAll(ctx, projects)
	}
	p.expect(2 * len(p.memo.pipelines)) // a pipeline and a run of each row
	sweep := p.sharedWalk()
	if sweep == nil {
		var err error
		if sweep, err = p.walkAlone(ctx); err != nil {
			return err
		}
	}
	p.memo.pipelines.end(sweep.rows)
	return p.Swept(ctx, events.Pipeline, sweep, func(ctx context.Context, id string) error {
		// The execution records, because a pipeline that never ran has no latest run to show.
		for _, err := range p.API.PipelineRuns(ctx, p.Project, id, codearts.Window{From: p.Now, Limit: 1}) {
			return err
		}
		return nil
	})
}

// walkAlone walks through the pipelines of the project, and holds the walks through all projects against that.
func (p *Pass) walkAlone(ctx context.Context) (*sweep, error) {
	asked, runs := p.now(), map[string]runIdentity{}
	sweep, err := p.list(p.API.Pipelines(ctx, p.Project), func(sweep *sweep, row Row) {
		id, run := p.sawListed(sweep, row)
		runs[id] = run
	})
	if err != nil || !sweep.complete() {
		return sweep, err
	}
	maps.DeleteFunc(runs, func(id string, _ runIdentity) bool { return !sweep.ids[id] }) // of a first walk that did not add up
	lost := false
	p.Look(func(k Known) {
		lost = p.wide.compare(k, p.Project, runs, extent{asked, sweep.ids, sweep.rows, sweep.pages, sweep.largest}, p.now())
	})
	if lost { // they may have waited for the next one
		p.siblings()
	}
	return sweep, nil
}

// sawListed hands over what a row of the list shows, and returns that.
func (p *Pass) sawListed(sweep *sweep, row Row) (pipeline string, latest runIdentity) {
	known := &p.memo.pipelines
	if had := known.of(row); had != nil {
		sweep.id(had.id)
		p.foreign(*had, row.Asked)
		p.sawAgain(had, byWalk, row.Asked)
		return had.id, had.run
	}
	return p.sawPipeline(sweep, known, row)
}

// sawPipeline hands over a pipeline and its latest run, and remembers them.
func (p *Pass) sawPipeline(sweep *sweep, known *recall, row Row) (pipeline string, latest runIdentity) {
	var id pipelineIdentity
	if err := identify(row.Raw, &id); err != nil {
		p.Odd(events.Pipeline, row, err)
		return "", latest
	}
	sweep.id(id.PipelineID)
	shown := recalled{owner: id.ProjectID, id: id.PipelineID}
	shown.snaps = p.Saw(id.ProjectID, events.Pipeline, id.PipelineID, row, events.Mark{})
	p.foreign(shown, row.Asked)
	whole := len(shown.snaps) > 0
	if len(id.LatestRun) > 0 && string(id.LatestRun) != "null" {
		run, snaps := p.sawRun(id.ProjectID, id.PipelineID, byWalk, row.inside(id.LatestRun))
		shown.run, shown.snaps = run, append(shown.snaps, snaps...)
		whole = whole && len(snaps) > 0
	}
	if whole {
		known.keep(row, shown)
	}
	return shown.id, shown.run
}

// sawAgain hands over what a row has shown before.
func (p *Pass) sawAgain(had *recalled, by shownBy, asked time.Time) {
	if had.run.RunID != "" {
		p.looked(had.run, had.owner, by, asked)
	}
	for _, s := range had.snaps {
		p.saw(had.owner, 1, s.Again(asked))
	}
}

// foreign takes note of a row if its pipeline is another project's.
func (p *Pass) foreign(row recalled, asked time.Time) {
	if row.owner != "" && row.owner != p.Project {
		p.scopes.get(row.owner).listElsewhere(events.Pipeline, row.id, asked)
	}
}

// sawRun hands over a run summary, whichever call showed it. It returns no snapshot of an odd row.
func (p *Pass) sawRun(owner, pipeline string, by shownBy, row Row) (runIdentity, []events.Snapshot) {
	var run runIdentity
	if err := identify(row.Raw, &run); err != nil {
		p.Odd(events.Run, row, err)
		return runIdentity{}, nil
	}
	if run.PipelineID == "" {
		run.PipelineID = pipeline
	}
	p.looked(run, owner, by, row.Asked)
	p.prefer(owner, run, row.Raw)
	return run, p.Saw(owner, events.Run, run.RunID, row, run.mark())
}

// looked takes note of a run that a call has shown.
func (p *Pass) looked(run runIdentity, owner string, by shownBy, asked time.Time) {
	if !knownStatus(run.Status) {
		p.home.m.unknown(p.Tenant.Name, run.Status)
	}
	p.watch.saw(run, cmp.Or(owner, p.Project), by, asked, p.now())
}
