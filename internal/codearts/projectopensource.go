package codearts

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
)

const (
	apiProjectOpenSourceRuleSets = "ProjectOpenSourceRuleSets"
	apiProjectOpenSourceRuleSet  = "ProjectOpenSourceRuleSet"
)

// ProjectOpenSourceRuleSets lists the open-source governance policies of a
// project without those of its tenant, in practice the last changed first
// (CodeArts Pipeline API Reference 4.8.2). Later documents no longer name this
// API: a region may not publish it.
func (c *Client) ProjectOpenSourceRuleSets(ctx context.Context, project string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiProjectOpenSourceRuleSets, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.projectOpenSourceRuleSetsPage(ctx, project, offset, limit)
	})
}

func (c *Client) projectOpenSourceRuleSetsPage(ctx context.Context, project string, offset, limit int) (Page, error) {
	target, err := path("/v2/%s/open-source/rule-sets/query", project)
	if err != nil {
		return Page{}, err
	}
	query := url.Values{"include_tenant_rule_set": {"false"}}
	return c.getPage(ctx, request{api: apiProjectOpenSourceRuleSets, project: project, path: target, query: query}, offset, limit)
}

// ProjectOpenSourceRuleSet returns one open-source governance policy of a
// project, the whole answer (CodeArts Pipeline API Reference 4.8.1).
func (c *Client) ProjectOpenSourceRuleSet(ctx context.Context, project, ruleSet string) (json.RawMessage, error) {
	target, err := path("/v2/%s/open-source/rule-sets/%s/detail", project, ruleSet)
	if err != nil {
		return nil, err
	}
	return c.getWhole(ctx, request{api: apiProjectOpenSourceRuleSet, project: project, path: target})
}
