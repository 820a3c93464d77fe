package pollers

import (
	"context"
	"errors"
	"slices"
	"sync"

	"artery/internal/codearts"
	"artery/internal/events"

	"golang.org/x/sync/errgroup"
)

// activeParallel bounds the calls under way; the limiter sets the pace.
const activeParallel = 8

// pollActive looks at the runs of the tenant that are not over, by the fewest calls (looks.go): by lists of what has an open
// status (CodeArts Pipeline API 4.2.4), by the latest status in batches (4.2.2), and where a run is not its pipeline's latest in
// the execution records (4.2.7). What is seen is written as it comes: it does not wait for the slowest call.
func pollActive(ctx context.Context, p *Pass) error {
	projects, errs := p.readProjects(ctx)
	due := p.dueRuns(projects)
	open := p.openRuns(projects, due)
	plan := planLooks(open, p.watched(), p.watch.worth(p.Now))
	questions, trusted := plan.ask, len(plan.lists) > 0 && !plan.trial
	if len(plan.lists) > 0 {
		answer, err := p.statusLists(ctx, plan.lists, trusted)
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		if trusted {
			open = p.openRuns(projects, due) // what they show makes other runs older ones
			questions = planRest(open, answer.lists, answer.over, func(run string) bool { return answer.shown[run] })
		}
	}
	p.watch.followed(trusted, len(questions))

	g, calling := errgroup.WithContext(ctx)
	g.SetLimit(activeParallel)
	var mu sync.Mutex
	look := func(ask func(context.Context) error) {
		g.Go(func() error {
			err := ask(calling)
			// A call that fails ends the other calls, not the writing of what they have brought: an append that is cut off
			// would make the scope unknown.
			if err == nil {
				err = p.Commit(ctx)
			}
			if err != nil && !ofOneProject(err) {
				return err
			}
			mu.Lock()
			defer mu.Unlock()
			errs = append(errs, err)
			return nil
		})
	}
	for _, q := range questions {
		look(func(calling context.Context) error {
			shown, err := p.statusQuestion(calling, q)
			if err == nil {
				err = p.Commit(ctx)
			}
			if err != nil {
				return err
			}
			return p.outrun(calling, q, shown)
		})
	}
	for _, o := range open {
		for _, w := range o.older {
			look(func(ctx context.Context) error { return p.olderRuns(ctx, o.project, w) })
		}
	}
	return errors.Join(g.Wait(), errors.Join(errs...))
}

// ofOneProject says whether an error is that of one project, and the others can be looked at all the same.
func ofOneProject(err error) bool {
	var api *codearts.Error
	return errors.Is(err, errSuperseded) || errors.As(err, &api) && aboutOne(api)
}

// readProjects are the watched projects, once what the log knows of them has been read. One that can not be read is left out.
func (p *Pass) readProjects(ctx context.Context) (projects []string, errs []error) {
	for _, project := range p.watched() {
		if _, err := p.known(ctx, project); err != nil {
			errs = append(errs, err)
			continue
		}
		projects = append(projects, project)
	}
	return projects, errs
}

// dueRuns begins a round: it chooses the open runs that are to be looked at now.
func (p *Pass) dueRuns(projects []string) (due map[string]bool) {
	all, due := map[string]string{}, map[string]bool{}
	for _, project := range projects {
		p.scopes.get(project).look(func(k Known) {
			for run, h := range k.runs.open {
				all[run] = h.Mark.Status
				if p.Tenant.Freshness.lookDue(h, p.watch.of(run), p.Now.Add(p.lead), p.Every) {
					due[run] = true
				}
			}
		})
	}
	p.watch.begin(all, due, p.Now)
	return due
}

// openRuns are the open runs of some projects, as they are known now.
func (p *Pass) openRuns(projects []string, due map[string]bool) (open []openRuns) {
	for _, project := range projects {
		p.scopes.get(project).look(func(k Known) {
			o := planActive(k.runs, func(run string) bool { return due[run] }, p.Now)
			o.project = project
			open = append(open, o)
		})
	}
	return open
}

// statusLists asks for lists by status and hands over what they show, unless they are only tried. A list that CodeArts refuses, or
// whose rows have other statuses, is the end of the trust in all of them, and shows nothing.
func (p *Pass) statusLists(ctx context.Context, lists []statusList, trusted bool) (*listAnswer, error) {
	answer := &listAnswer{asked: p.now(), shown: map[string]bool{}}
	p.memo.listed.begin()
	for _, l := range lists {
		right, other, asked := 0, 0, p.now()
		for page, err := range p.API.PipelinesWith(ctx, l.projects, l.status) {
			switch {
			case err == nil:
			case ofOneProject(err):
				p.watch.wrong("codearts refuses it: "+err.Error(), p.now())
				return &listAnswer{}, nil
			default:
				return nil, err
			}
			p.Page()
			for i, raw := range page.Items {
				row := Row{Raw: raw, API: page.API, At: page.Offset + i, Asked: asked}
				if p.statusRow(row, l, answer, trusted) {
					right++
				} else {
					other++
				}
			}
			if other > right {
				p.watch.wrong("it shows runs of other statuses", p.now())
				return answer, nil
			}
			asked = p.now()
		}
		answer.lists = append(answer.lists, l)
	}
	answer.answered = p.now()
	p.watch.answer(answer)
	return answer, p.Commit(ctx)
}

// statusRow reads a row of a list by status, and says whether it has one of the statuses that were asked for. Only such a one counts,
// and only one of a project that was asked for; the walks through the lists show the others. A run that was known to be over is
// not believed: it is asked for.
func (p *Pass) statusRow(row Row, l statusList, answer *listAnswer, trusted bool) bool {
	shown := p.memo.listed.of(row)
	if shown == nil || !slices.Contains(l.status, shown.run.Status) {
		return false
	}
	if !slices.Contains(l.projects, shown.owner) {
		return true
	}
	over := false
	p.scopes.get(shown.owner).look(func(k Known) {
		h, known := k.Head(events.Run, shown.run.RunID)
		over = known && terminal(h.Mark.Status)
	})
	switch {
	case over:
		answer.over = append(answer.over, listedOver{shown.owner, shown.id, shown.run.RunID})
	default:
		answer.shown[shown.run.RunID] = true
		if trusted {
			p.sawListedRun(shown, row)
		}
	}
	p.memo.listed.keep(row, shown)
	return true
}

// sawListedRun hands over the run of a row of a list by status, and notes the snapshots that it has made of it.
func (p *Pass) sawListedRun(shown *recalled, row Row) {
	if len(shown.snaps) == 0 {
		shown.run, shown.snaps = p.sawRun(shown.owner, shown.id, byStatus, row.inside(shown.raw))
		shown.bare()
		return
	}
	p.sawAgain(shown, byStatus, row.Asked)
}

// statusQuestion asks for the latest runs of pipelines of one project, and returns which it was shown.
func (p *Pass) statusQuestion(ctx context.Context, q statusQuestion) (shown map[string]bool, err error) {
	asked, shown := p.now(), map[string]bool{}
	runs, err := p.API.PipelineStatuses(ctx, q.project, q.pipelines)
	if err != nil {
		return nil, err
	}
	p.Page()
	for _, row := range rows("PipelineStatuses", asked, runs) {
		run, _ := p.sawRun(q.project, "", byQuestion, row)
		shown[run.RunID] = true
	}
	return shown, nil
}

// outrun reads the records around the runs that a question was to show and did not, because it shows newer ones of their pipelines:
// in the next round their ends would be seen too late.
func (p *Pass) outrun(ctx context.Context, q statusQuestion, shown map[string]bool) error {
	lacks := map[string]bool{}
	for _, run := range q.due {
		lacks[run] = !shown[run]
	}
	for _, o := range p.openRuns([]string{q.project}, lacks) {
		for _, w := range o.older {
			if err := p.olderRuns(ctx, q.project, w); err != nil {
				return err
			}
		}
	}
	return nil
}

// olderRuns reads the window of older open runs of a pipeline.
func (p *Pass) olderRuns(ctx context.Context, project string, w window) error {
	err := p.each(p.API.PipelineRuns(ctx, project, w.pipeline, codearts.Window{From: w.from, To: w.to}), func(row Row) {
		p.sawRun(project, w.pipeline, byRecords, row)
	})
	if err != nil && p.Lost(events.Run, w.pipeline, err) {
		return nil
	}
	return err
}
