package pollers

import (
	"context"
	"fmt"
	"strconv"

	"artery/internal/events"
)

// pollRepositories sweeps the repositories of the tenant (CodeArts Repo API, Obtaining the Tenant Repository List).
func pollRepositories(ctx context.Context, p *Pass) error {
	sweep, err := p.list(p.API.Repositories(ctx), func(sweep *sweep, row Row) {
		var repo struct {
			ID number `json:"repository_id"`
		}
		err := identify(row.Raw, &repo)
		if err == nil && repo.ID <= 0 {
			err = fmt.Errorf("a repository has the id %d", repo.ID)
		}
		if err != nil {
			p.Odd(events.Repository, row, err)
			return
		}
		id := strconv.FormatInt(int64(repo.ID), 10)
		sweep.id(id)
		p.Saw("", events.Repository, id, row, events.Mark{})
	})
	if err != nil {
		return err
	}
	return p.Swept(ctx, events.Repository, sweep, nil)
}
