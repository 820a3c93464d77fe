package codearts

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
)

const (
	apiRules = "Rules"
	apiRule  = "Rule"
)

// Rules lists the rules of a tenant, in practice the last changed first
// (CodeArts Pipeline API Reference 4.4.2). domain is the account id.
func (c *Client) Rules(ctx context.Context, domain string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiRules, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.rulesPage(ctx, domain, offset, limit)
	})
}

func (c *Client) rulesPage(ctx context.Context, domain string, offset, limit int) (Page, error) {
	target, err := path("/v2/%s/rules/query", domain)
	if err != nil {
		return Page{}, err
	}
	return c.getPage(ctx, request{api: apiRules, path: target, query: url.Values{}}, offset, limit)
}

// Rule returns one rule with its thresholds, the whole answer (CodeArts
// Pipeline API Reference 4.4.1). domain is the account id.
func (c *Client) Rule(ctx context.Context, domain, rule string) (json.RawMessage, error) {
	target, err := path("/v2/%s/rules/%s/detail", domain, rule)
	if err != nil {
		return nil, err
	}
	return c.getWhole(ctx, request{api: apiRule, path: target})
}
