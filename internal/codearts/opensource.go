package codearts

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
)

const (
	apiOpenSourceRuleSets = "OpenSourceRuleSets"
	apiOpenSourceRuleSet  = "OpenSourceRuleSet"
)

// OpenSourceRuleSets lists the open-source governance policies of a tenant, in
// practice the last changed first (CodeArts Pipeline API Reference 4.7.4).
// Later documents no longer name this API: a region may not publish it. domain
// is the account id.
func (c *Client) OpenSourceRuleSets(ctx context.Context, domain string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiOpenSourceRuleSets, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.openSourceRuleSetsPage(ctx, domain, offset, limit)
	})
}

func (c *Client) openSourceRuleSetsPage(ctx context.Context, domain string, offset, limit int) (Page, error) {
	target, err := path("/v2/%s/tenant/open-source/rule-sets/query", domain)
	if err != nil {
		return Page{}, err
	}
	return c.getPage(ctx, request{api: apiOpenSourceRuleSets, path: target, query: url.Values{}}, offset, limit)
}

// OpenSourceRuleSet returns one open-source governance policy of a tenant, the
// whole answer (CodeArts Pipeline API Reference 4.7.3). domain is the account
// id.
func (c *Client) OpenSourceRuleSet(ctx context.Context, domain, ruleSet string) (json.RawMessage, error) {
	target, err := path("/v2/%s/tenant/open-source/rule-sets/%s/detail", domain, ruleSet)
	if err != nil {
		return nil, err
	}
	return c.getWhole(ctx, request{api: apiOpenSourceRuleSet, path: target})
}
