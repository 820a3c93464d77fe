package pollers

import (
	"context"
	"encoding/json"
	"fmt"
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
		err := identify(raw, &row)
		if err == nil && row.ID <= 0 {
			err = fmt.Errorf("a repository has the id %d", row.ID)
		}
		if err != nil {
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
