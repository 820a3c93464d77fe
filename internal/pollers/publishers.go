package pollers

import (
	"context"

	"artery/internal/events"
)

// publisherIdentity is what is decoded of a publisher.
type publisherIdentity struct {
	ID string `json:"publisher_unique_id"`
}

// pollPublishers reads the publishers of plug-ins, and the details of those whose row has changed (CodeArts Pipeline API
// 4.9.12, 4.9.25).
func pollPublishers(ctx context.Context, p *Pass) error {
	seen, sweep, err := p.listed(events.Publisher, p.API.Publishers(ctx, p.Tenant.DomainID), func(row Row) (wanted, error) {
		var id publisherIdentity
		if err := identify(row.Raw, &id); err != nil {
			return wanted{}, err
		}
		return p.unmarked(events.Publisher, id.ID, row)
	})
	if err != nil {
		return err
	}
	err = p.apart(detailsOf(p.poller.Name), p.edited(seen, events.PublisherDetail), func(plan []wanted) error { return p.publisherDetails(ctx, plan) })
	if err != nil {
		return err
	}
	return p.Swept(ctx, events.Publisher, sweep, nil)
}

func (p *Pass) publisherDetails(ctx context.Context, plan []wanted) error {
	var ids []string
	for _, w := range plan {
		ids = append(ids, w.id)
	}
	asked := p.now()
	details, err := p.API.PublisherDetails(ctx, p.Tenant.DomainID, ids)
	if err != nil {
		return err
	}
	p.Page()
	for _, w := range plan {
		if raw, ok := details[w.id]; ok {
			p.Saw("", events.PublisherDetail, w.id, Row{Raw: raw, API: "PublisherDetails", Asked: asked}, w.mark)
		}
	}
	return p.asked(ctx, events.PublisherDetail, plan)
}

// pollAvailablePublishers reads the publishers under which the tenant may publish (CodeArts Pipeline API 4.9.13).
func pollAvailablePublishers(ctx context.Context, p *Pass) error {
	asked := p.now()
	publishers, err := p.API.AvailablePublishers(ctx, p.Tenant.DomainID)
	if err != nil {
		return err
	}
	p.Page()
	sweep := newSweep()
	for _, row := range rows("AvailablePublishers", asked, publishers) {
		var id publisherIdentity
		if err := identify(row.Raw, &id); err != nil {
			p.Odd(events.AvailablePublisher, row, err)
			continue
		}
		sweep.id(id.ID)
		p.Saw("", events.AvailablePublisher, id.ID, row, events.Mark{})
	}
	sweep.whole()
	return p.Swept(ctx, events.AvailablePublisher, sweep, nil)
}

// unmarked is a row that does not say when it was edited: its mark is the hash of its state.
func (p *Pass) unmarked(kind events.Kind, id string, row Row) (wanted, error) {
	snap, err := events.NewSnapshot(kind, id, row.Raw, events.Mark{}, row.Asked)
	return wanted{id, events.Mark{Status: snap.Hash.String()}}, err
}
