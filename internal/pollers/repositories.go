package pollers

import (
	"context"
	"encoding/json"
	"strconv"
	"time"

	"artery/internal/events"
)

// pollRepositories sweeps the repositories of the tenant (CodeArts Repo API, Obtaining the Tenant Repository List).
func pollRepositories(ctx context.Context, p *Pass) error {
	sweep := newSweep()
	err := p.each(sweep.watch(p.API.Repositories(ctx)), func(raw json.RawMessage, asked time.Time) {
		var row struct {
			ID number `json:"repository_id"`
		}
		if err := identify(raw, &row); err != nil {
			sweep.odd = true
			p.Odd(events.Repository, err)
			return
		}
		id := strconv.FormatInt(int64(row.ID), 10)
		sweep.id(id)
		p.Saw("", events.Repository, id, raw, events.Mark{}, asked)
	})
	if err != nil {
		return err
	}
	if sweep.complete() {
		p.Complete()
	}
	return nil
}
