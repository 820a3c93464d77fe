package codearts

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
)

const (
	apiRuleSets = "RuleSets"
	apiRuleSet  = "RuleSet"
)

// RuleSets lists the rule sets (policies) of a tenant, in practice the last
// changed first (CodeArts Pipeline API Reference 4.5.4). domain is the account
// id.
func (c *Client) RuleSets(ctx context.Context, domain string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiRuleSets, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.ruleSetsPage(ctx, domain, offset, limit)
	})
}

func (c *Client) ruleSetsPage(ctx context.Context, domain string, offset, limit int) (Page, error) {
	target, err := path("/v2/%s/tenant/rule-sets/query", domain)
	if err != nil {
		return Page{}, err
	}
	// Documented as mandatory, though the example leaves it out.
	query := url.Values{"include_tenant_rule_set": {"true"}}
	return c.getPage(ctx, request{api: apiRuleSets, path: target, query: query}, offset, limit)
}

// RuleSet returns one rule set of a tenant with its rule instances, the whole
// answer (CodeArts Pipeline API Reference 4.5.3). domain is the account id.
func (c *Client) RuleSet(ctx context.Context, domain, ruleSet string) (json.RawMessage, error) {
	target, err := path("/v2/%s/tenant/rule-sets/%s/detail", domain, ruleSet)
	if err != nil {
		return nil, err
	}
	return c.getWhole(ctx, request{api: apiRuleSet, path: target})
}
