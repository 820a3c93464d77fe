package codearts

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
)

const (
	apiProjectRuleSets = "ProjectRuleSets"
	apiProjectRuleSet  = "ProjectRuleSet"
)

// ProjectRuleSets lists the policies of a project without those of its tenant,
// in practice the last changed first (CodeArts Pipeline API Reference 4.6.1).
func (c *Client) ProjectRuleSets(ctx context.Context, project string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiProjectRuleSets, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.projectRuleSetsPage(ctx, project, offset, limit)
	})
}

func (c *Client) projectRuleSetsPage(ctx context.Context, project string, offset, limit int) (Page, error) {
	target, err := path("/v2/%s/rule-sets/query", project)
	if err != nil {
		return Page{}, err
	}
	query := url.Values{"include_tenant_rule_set": {"false"}}
	return c.getPage(ctx, request{api: apiProjectRuleSets, project: project, path: target, query: query}, offset, limit)
}

// ProjectRuleSet returns one policy of a project with its rule instances, the
// whole answer (CodeArts Pipeline API Reference 4.6.2).
func (c *Client) ProjectRuleSet(ctx context.Context, project, ruleSet string) (json.RawMessage, error) {
	target, err := path("/v2/%s/rule-sets/%s/gray/detail", project, ruleSet)
	if err != nil {
		return nil, err
	}
	return c.getWhole(ctx, request{api: apiProjectRuleSet, project: project, path: target})
}
