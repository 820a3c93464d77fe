package pollers

import (
	"context"

	"artery/internal/events"
)

// pollBuildTenants reads the state of build tenants (CodeArts Build API, Querying the Status of Other Tenants in
// Cross-Tenant Scenarios).
func pollBuildTenants(ctx context.Context, p *Pass) error {
	asked := p.now()
	rows, err := p.API.BuildTenants(ctx, p.Tenant.BuildDomains)
	if err != nil {
		return err
	}
	p.Page()
	for _, raw := range rows {
		var row struct {
			DomainID string `json:"domain_id"`
		}
		if err := identify(raw, &row); err != nil {
			p.Odd(events.BuildTenant, err)
			continue
		}
		p.Saw("", events.BuildTenant, row.DomainID, raw, events.Mark{}, asked)
	}
	if len(rows) == len(p.Tenant.BuildDomains) {
		p.Complete()
	}
	return nil
}
