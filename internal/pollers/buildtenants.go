package pollers

import (
	"context"

	"artery/internal/events"
)

// pollBuildTenants reads the state of build tenants (CodeArts Build API, Querying the Status of Other Tenants in
// Cross-Tenant Scenarios).
func pollBuildTenants(ctx context.Context, p *Pass) error {
	asked := p.now()
	tenants, err := p.API.BuildTenants(ctx, p.Tenant.BuildDomains)
	if err != nil {
		return err
	}
	p.Page()
	for _, row := range rows("BuildTenants", asked, tenants) {
		var id struct {
			DomainID string `json:"domain_id"`
		}
		if err := identify(row.Raw, &id); err != nil {
			p.Odd(events.BuildTenant, row, err)
			continue
		}
		p.Saw("", events.BuildTenant, id.DomainID, row, events.Mark{})
	}
	if len(tenants) == len(p.Tenant.BuildDomains) {
		p.Complete()
	}
	return nil
}
