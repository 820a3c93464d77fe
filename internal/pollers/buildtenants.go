package pollers

import (
	"context"
	"maps"
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
	missing := map[string]bool{}
	for _, id := range p.Tenant.BuildDomains {
		missing[id] = true
	}
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
		delete(missing, id.DomainID)
	}
	if len(missing) > 0 {
		// The separator of the ids is not documented, so one that is not answered may be the fault of the question.
		p.Log.Warn("the answer lacks accounts that were asked for: look whether they exist and may be read", "domains", slices.Sorted(maps.Keys(missing)))
	}
	if len(tenants) > 0 { // an answer that shows nothing has to stay an empty one
		p.Look(func(k Known) {
			for id := range k.Of(events.BuildTenant) {
				if !slices.Contains(p.Tenant.BuildDomains, id) {
					sweep.id(id) // it is not watched any more, which says nothing of it
				}
			}
		})
	}
	sweep.whole()
	return p.Swept(ctx, events.BuildTenant, sweep, nil)
}
