package pollers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"time"

	"artery/internal/codearts"
	"artery/internal/events"
)

// notInRegionRest is how long a poller rests whose API the region does not publish.
const notInRegionRest = time.Hour

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

// errResting says that a round asked for nothing, or for what the region does not have. It is no good round and no bad one:
// nothing is written, for nothing was seen.
var errResting = errors.New("the poller rests")

// pollConfigs sweeps the list, and asks for the details of the rows that were edited since theirs was stored. Where the
// region does not publish the API the poller says so once and rests.
func (p *Pass) pollConfigs(ctx context.Context, c configs) error {
	if p.memo.resting(p.poller.Name, p.Now) {
		return errResting
	}
	err := p.sweepConfigs(ctx, c)
	if e := (*codearts.Error)(nil); errors.As(err, &e) && e.Class == codearts.ClassNotInRegion {
		p.memo.rest(p.poller.Name, p.Now.Add(notInRegionRest))
		p.Log.Warn("the region does not publish this api, the poller rests", "until", events.FormatTime(p.Now.Add(notInRegionRest)), "err", err)
		return errResting
	}
	return err
}

func (p *Pass) sweepConfigs(ctx context.Context, c configs) error {
	sweep := newSweep()
	var seen []wanted
	at := map[string]int{}
	err := p.each(sweep.watch(c.list(ctx)), func(row Row) {
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
	if err := p.fetch(ctx, c.detail, c.detailAPI, plan, func(ctx context.Context, w wanted) (json.RawMessage, error) { return c.one(ctx, w.id) }); err != nil {
		return err
	}
	if sweep.complete() {
		p.Complete()
	}
	return nil
}
