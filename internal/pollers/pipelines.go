package pollers

import (
	"context"
	"encoding/json"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pollPipelines sweeps the pipeline list of a project (CodeArts Pipeline API 4.2.4). Each row is a pipeline and, in
// latest_run, the summary of its latest run. A row may belong to another project than the one asked for; it goes to its
// owner's scope.
func pollPipelines(ctx context.Context, p *Pass) error {
	sweep, err := p.list(p.API.Pipelines(ctx, p.Project), func(sweep *sweep, row Row) {
		var id struct {
			PipelineID string          `json:"pipeline_id"`
			ProjectID  string          `json:"project_id"`
			LatestRun  json.RawMessage `json:"latest_run"`
		}
		if err := identify(row.Raw, &id); err != nil {
			p.Odd(events.Pipeline, row, err)
			return
		}
		sweep.id(id.PipelineID)
		p.Saw(id.ProjectID, events.Pipeline, id.PipelineID, row, events.Mark{})
		if id.ProjectID != "" && id.ProjectID != p.Project {
			p.scopes.get(id.ProjectID).listElsewhere(events.Pipeline, id.PipelineID, row.Asked)
		}
		if len(id.LatestRun) > 0 && string(id.LatestRun) != "null" {
			p.sawRun(id.ProjectID, id.PipelineID, row.inside(id.LatestRun))
		}
	})
	if err != nil {
		return err
	}
	return p.Swept(ctx, events.Pipeline, sweep, func(ctx context.Context, id string) error {
		// The execution records, because a pipeline that never ran has no latest run to show.
		for _, err := range p.API.PipelineRuns(ctx, p.Project, id, codearts.Window{From: p.Now, Limit: 1}) {
			return err
		}
		return nil
	})
}

// sawRun hands over a run summary, whichever of the three APIs showed it.
func (p *Pass) sawRun(owner, pipeline string, row Row) (runIdentity, bool) {
	var run runIdentity
	if err := identify(row.Raw, &run); err != nil {
		p.Odd(events.Run, row, err)
		return run, false
	}
	if run.PipelineID == "" {
		run.PipelineID = pipeline
	}
	if !knownStatus(run.Status) {
		p.home.m.unknownStatus.WithLabelValues(p.Tenant.Name, run.Status).Inc()
	}
	p.memo.look(run.RunID, !terminal(run.Status), row.Asked)
	p.Saw(owner, events.Run, run.RunID, row, run.mark())
	return run, true
}
