package pollers

import (
	"context"

	"artery/internal/events"
)

// gateID is the one gate entity of a scope.
const gateID = "check.review-data"

// pollProjectGate reads the code check gate of a project (CodeArts Check API, Querying Tenant or Project Gate
// Configuration).
func pollProjectGate(ctx context.Context, p *Pass) error {
	asked := p.now()
	raw, err := p.API.ProjectGate(ctx, p.Project)
	if err != nil {
		return err
	}
	p.Page()
	p.Saw("", events.Gate, gateID, Row{Raw: raw, API: "ProjectGate", Asked: asked}, events.Mark{})
	p.Complete()
	return nil
}

// pollTenantGate reads the code check gate of the tenant, by the same API.
func pollTenantGate(ctx context.Context, p *Pass) error {
	asked := p.now()
	raw, err := p.API.TenantGate(ctx, p.Tenant.DomainID)
	if err != nil {
		return err
	}
	p.Page()
	p.Saw("", events.Gate, gateID, Row{Raw: raw, API: "TenantGate", Asked: asked}, events.Mark{})
	p.Complete()
	return nil
}
