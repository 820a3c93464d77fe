package pollers

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"artery/internal/codearts"
	"artery/internal/events"
)

// configs is a resource that CodeArts shows as a list, whose rows tell when they were edited, and as details.
type configs struct {
	row, detail events.Kind
	detailAPI   string // name of the endpoint function of one
	list        func(context.Context) iter.Seq2[codearts.Page, error]
	one         func(ctx context.Context, id string) (json.RawMessage, error)
}

// configIdentity is what is decoded of a row: which one, and when it was edited. A rule or rule set has a version and
// operate_time, a template only update_time.
type configIdentity struct {
	ID          string `json:"id"`
	Version     string `json:"version"`
	OperateTime number `json:"operate_time"`
	UpdateTime  number `json:"update_time"`
}

func (c configIdentity) mark() events.Mark {
	return events.Mark{Status: c.Version, To: int64(max(c.OperateTime, c.UpdateTime))}
}

// pollConfigs sweeps the list, and asks for the details of the rows that were edited since theirs was stored. Where the
// region does not publish the details the list goes on without.
func (p *Pass) pollConfigs(ctx context.Context, c configs) error {
	var seen []wanted
	at := map[string]int{}
	sweep, err := p.list(c.list(ctx), func(sweep *sweep, row Row) {
		var id configIdentity
		err := identify(row.Raw, &id)
		if err == nil && id.ID == "" {
			err = fmt.Errorf("a %s has no id", c.row)
		}
		if err != nil {
			p.Odd(c.row, row, err)
			return
		}
		sweep.id(id.ID)
		p.Saw("", c.row, id.ID, row, id.mark())
		if i, twice := at[id.ID]; twice { // it was edited between two pages
			seen[i].mark = id.mark()
			return
		}
		at[id.ID] = len(seen)
		seen = append(seen, wanted{id.ID, id.mark()})
	})
	if err != nil {
		return err
	}
	var plan []wanted
	p.Look(func(k Known) { plan = planConfigs(seen, k, c.detail, p.memo.of(c.detail)) })
	details := detailsOf(p.poller.Name)
	if p.memo.resting(details, p.Now) {
		plan = nil
	}
	err = p.fetch(ctx, c.detail, c.detailAPI, plan, func(ctx context.Context, w wanted) (json.RawMessage, error) { return c.one(ctx, w.id) })
	switch {
	case err == nil && plan != nil:
		p.home.m.resting.DeleteLabelValues(p.Tenant.Name, p.Project, details)
	case err != nil && !p.rests(details, err):
		return err
	}
	return p.Swept(ctx, c.row, sweep, func(ctx context.Context, id string) error {
		_, err := c.one(ctx, id)
		return err
	})
}
