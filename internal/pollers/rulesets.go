package pollers

import (
	"context"
	"encoding/json"
	"iter"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pollRuleSets reads the rule sets of the tenant (CodeArts Pipeline API 4.5.4, 4.5.3).
func pollRuleSets(ctx context.Context, p *Pass) error {
	return p.pollConfigs(ctx, configs{
		row: events.RuleSet, detail: events.RuleSetDetail, detailAPI: "RuleSet",
		list: func(ctx context.Context) iter.Seq2[codearts.Page, error] {
			return p.API.RuleSets(ctx, p.Tenant.DomainID)
		},
		one: func(ctx context.Context, id string) (json.RawMessage, error) {
			return p.API.RuleSet(ctx, p.Tenant.DomainID, id)
		},
	})
}

// pollProjectRuleSets reads the policies of a project (CodeArts Pipeline API 4.6.1, 4.6.2).
func pollProjectRuleSets(ctx context.Context, p *Pass) error {
	return p.pollConfigs(ctx, configs{
		row: events.RuleSet, detail: events.RuleSetDetail, detailAPI: "ProjectRuleSet",
		list: func(ctx context.Context) iter.Seq2[codearts.Page, error] {
			return p.API.ProjectRuleSets(ctx, p.Project)
		},
		one: func(ctx context.Context, id string) (json.RawMessage, error) {
			return p.API.ProjectRuleSet(ctx, p.Project, id)
		},
	})
}
