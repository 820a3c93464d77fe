package pollers

import (
	"context"
	"slices"

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
	sweep := newSweep()
	for _, row := range rows("BuildTenants", asked, tenants) {
		var id struct {
			DomainID string `json:"domain_id"`
		}
		if err := identify(row.Raw, &id); err != nil {
			p.Odd(events.BuildTenant, row, err)
			continue
		}
		sweep.id(id.DomainID)
		p.Saw("", events.BuildTenant, id.DomainID, row, events.Mark{})
	}
	p.Look(func(k Known) {
		for id := range k.Of(events.BuildTenant) {
			if !slices.Contains(p.Tenant.BuildDomains, id) {
				sweep.id(id) // it is not watched any more, which says nothing of it
			}
		}
	})
	sweep.whole()
	return p.Swept(ctx, events.BuildTenant, sweep, nil)
}
