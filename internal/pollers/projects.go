package pollers

import (
	"context"
	"fmt"

	"artery/internal/events"
)

// projectIdentity is what is decoded of a row of the list of projects.
type projectIdentity struct {
	ID      string `json:"project_id"`
	Name    string `json:"project_name"`
	Created number `json:"created_time"`
	Updated number `json:"updated_time"`
}

// mark carries the name: patterns choose by it before anything is asked, and a restore reads no bodies.
func (r projectIdentity) mark() events.Mark {
	return events.Mark{Parent: r.Name, From: int64(r.Created), To: int64(r.Updated)}
}

// pollProjects sweeps the CodeArts projects (CodeArts Req API, Querying the Project List). Of a tenant whose projects are
// discovered, the list decides what is watched.
func pollProjects(ctx context.Context, p *Pass) error {
	sweep, err := p.list(p.API.Projects(ctx, p.Tenant.Projects.Joined), func(sweep *sweep, row Row) {
		var id projectIdentity
		err := identify(row.Raw, &id)
		if err == nil && id.ID == "" {
			err = fmt.Errorf("a project has no id")
		}
		if err != nil {
			p.Odd(events.Project, row, err)
			return
		}
		sweep.id(id.ID)
		p.Saw("", events.Project, id.ID, row, id.mark())
	})
	if err != nil {
		return err
	}
	if sweep.complete() {
		p.Complete()
		p.swept(sweep.ids)
	}
	return nil
}

// pollIAMProjects reads the IAM projects of the account (CodeArts Pipeline API 5.3). They are no CodeArts projects: one
// stands for a region, and its id goes into sign-in.
func pollIAMProjects(ctx context.Context, p *Pass) error {
	asked := p.now()
	projects, complete, err := p.API.IAMProjects(ctx)
	if err != nil {
		return err
	}
	p.Page()
	for _, row := range rows("IAMProjects", asked, projects) {
		var id struct {
			ID string `json:"id"`
		}
		if err := identify(row.Raw, &id); err != nil {
			p.Odd(events.IAMProject, row, err)
			continue
		}
		p.Saw("", events.IAMProject, id.ID, row, events.Mark{})
	}
	if complete {
		p.Complete()
	}
	return nil
}
