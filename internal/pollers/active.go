package pollers

import (
	"context"
	"maps"
	"slices"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pollActive looks at the runs that are not over: by the latest status in batches (CodeArts Pipeline API 4.2.2) where
// the run is its pipeline's latest, else in the execution records (4.2.7).
func pollActive(ctx context.Context, p *Pass) error {
	var latest []string
	var older []window
	p.Look(func(k Known) {
		latest, older = planActive(k.runs, p.memo.lookedAt, p.Now)
		if !p.memo.begun(p.poller.Name) {
			// The first round of a process asks for all: a call per hundred pipelines shows what began or ended while
			// nobody looked, before the list has been walked.
			latest = slices.DeleteFunc(slices.Sorted(maps.Keys(k.runs.pipelines)), func(id string) bool { return k.runs.deleted[id] })
		}
	})
	if len(latest) > 0 {
		asked := p.now()
		runs, err := p.API.PipelineStatuses(ctx, p.Project, latest)
		if err != nil {
			return err
		}
		p.Page()
		p.memo.begin(p.poller.Name)
		for _, row := range rows("PipelineStatuses", asked, runs) {
			p.sawRun("", "", row)
		}
	}
	for _, w := range older {
		err := p.each(p.API.PipelineRuns(ctx, p.Project, w.pipeline, codearts.Window{From: w.from, To: w.to}), func(row Row) {
			p.sawRun("", w.pipeline, row)
		})
		if err != nil && !p.Lost(events.Run, w.pipeline, err) {
			return err
		}
	}
	return nil
}
