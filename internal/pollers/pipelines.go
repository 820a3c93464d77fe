package pollers

import (
	"context"
	"encoding/json"
	"time"

	"artery/internal/events"
)

// pollPipelines sweeps the pipeline list of a project (CodeArts Pipeline API 4.2.4). Each row is a pipeline and, in
// latest_run, the summary of its latest run. A row may belong to another project than the one asked for; it goes to its
// owner's scope.
func pollPipelines(ctx context.Context, p *Pass) error {
	sweep := newSweep()
	err := p.each(sweep.watch(p.API.Pipelines(ctx, p.Project)), func(raw json.RawMessage, asked time.Time) {
		var row struct {
			PipelineID string          `json:"pipeline_id"`
			ProjectID  string          `json:"project_id"`
			LatestRun  json.RawMessage `json:"latest_run"`
		}
		if err := identify(raw, &row); err != nil {
			p.Odd(events.Pipeline, err)
			return
		}
		sweep.id(row.PipelineID)
		p.Saw(row.ProjectID, events.Pipeline, row.PipelineID, raw, events.Mark{}, asked)
		if len(row.LatestRun) > 0 && string(row.LatestRun) != "null" {
			p.sawRun(row.ProjectID, row.PipelineID, row.LatestRun, asked)
		}
	})
	if err != nil {
		return err
	}
	if sweep.complete() {
		p.Complete()
	}
	return nil
}

// sawRun hands over a run summary, whichever of the three APIs showed it.
func (p *Pass) sawRun(owner, pipeline string, raw json.RawMessage, asked time.Time) (runIdentity, bool) {
	var run runIdentity
	if err := identify(raw, &run); err != nil {
		p.Odd(events.Run, err)
		return run, false
	}
	if run.PipelineID == "" {
		run.PipelineID = pipeline
	}
	if !knownStatus(run.Status) {
		p.home.m.unknownStatus.WithLabelValues(p.Tenant.Name, run.Status).Inc()
	}
	p.memo.look(run.RunID, !terminal(run.Status), asked)
	p.Saw(owner, events.Run, run.RunID, raw, run.mark(), asked)
	return run, true
}
