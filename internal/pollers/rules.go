package pollers

import (
	"context"
	"encoding/json"
	"iter"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pollRules reads the pipeline rules of the tenant with their thresholds (CodeArts Pipeline API 4.4.2, 4.4.1).
func pollRules(ctx context.Context, p *Pass) error {
	return p.pollConfigs(ctx, configs{
		row: events.Rule, detail: events.RuleDetail, detailAPI: "Rule",
		list: func(ctx context.Context) iter.Seq2[codearts.Page, error] { return p.API.Rules(ctx, p.Tenant.DomainID) },
		one: func(ctx context.Context, id string) (json.RawMessage, error) {
			return p.API.Rule(ctx, p.Tenant.DomainID, id)
		},
	})
}
