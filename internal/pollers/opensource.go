package pollers

import (
	"context"
	"encoding/json"
	"iter"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pollOpenSource reads the open-source governance policies of the tenant (CodeArts Pipeline API 4.7.4, 4.7.3). Not every
// region has this API any more.
func pollOpenSource(ctx context.Context, p *Pass) error {
	return p.pollConfigs(ctx, configs{
		row: events.OpenSourceRuleSet, detail: events.OpenSourceRuleSetDetail, detailAPI: "OpenSourceRuleSet",
		list: func(ctx context.Context) iter.Seq2[codearts.Page, error] {
			return p.API.OpenSourceRuleSets(ctx, p.Tenant.DomainID)
		},
		one: func(ctx context.Context, id string) (json.RawMessage, error) {
			return p.API.OpenSourceRuleSet(ctx, p.Tenant.DomainID, id)
		},
	})
}

// pollProjectOpenSource reads those of a project (CodeArts Pipeline API 4.8.2, 4.8.1).
func pollProjectOpenSource(ctx context.Context, p *Pass) error {
	return p.pollConfigs(ctx, configs{
		row: events.OpenSourceRuleSet, detail: events.OpenSourceRuleSetDetail, detailAPI: "ProjectOpenSourceRuleSet",
		list: func(ctx context.Context) iter.Seq2[codearts.Page, error] {
			return p.API.ProjectOpenSourceRuleSets(ctx, p.Project)
		},
		one: func(ctx context.Context, id string) (json.RawMessage, error) {
			return p.API.ProjectOpenSourceRuleSet(ctx, p.Project, id)
		},
	})
}
