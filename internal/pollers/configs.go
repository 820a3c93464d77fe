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
	seen, sweep, err := p.listed(c.row, c.list(ctx), func(row Row) (wanted, error) {
		var id configIdentity
		err := identify(row.Raw, &id)
		return wanted{id.ID, id.mark()}, err
	})
	if err != nil {
		return err
	}
	err = p.apart(detailsOf(p.poller.Name), p.edited(seen, c.detail), func(plan []wanted) error {
		return p.fetch(ctx, c.detail, c.detailAPI, plan, func(ctx context.Context, w wanted) (json.RawMessage, error) { return c.one(ctx, w.id) })
	})
	if err != nil {
		return err
	}
	return p.Swept(ctx, c.row, sweep, func(ctx context.Context, id string) error {
		_, err := c.one(ctx, id)
		return err
	})
}

// listed hands over every row of a list and returns them, each once, and the sweep. of names a row.
func (p *Pass) listed(kind events.Kind, pages iter.Seq2[codearts.Page, error], of func(Row) (wanted, error)) ([]wanted, *sweep, error) {
	var seen []wanted
	at := map[string]int{}
	swept, err := p.list(pages, func(s *sweep, row Row) {
		w, err := of(row)
		if err == nil && w.id == "" {
			err = fmt.Errorf("a %s has no id", kind)
		}
		if err != nil {
			p.Odd(kind, row, err)
			return
		}
		s.id(w.id)
		p.Saw("", kind, w.id, row, w.mark)
		if i, twice := at[w.id]; twice { // it was edited between two pages
			seen[i].mark = w.mark
			return
		}
		at[w.id] = len(seen)
		seen = append(seen, w)
	})
	return seen, swept, err
}

// edited are the rows whose detail of a kind is not known as they are now, and was not asked for in vain.
func (p *Pass) edited(rows []wanted, detail events.Kind) (plan []wanted) {
	p.Look(func(k Known) { plan = planConfigs(rows, k, detail, p.memo.of(detail, p.Now)) })
	return plan
}
