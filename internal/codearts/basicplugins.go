package codearts

import (
	"context"
	"encoding/json"
	"iter"
	"net/url"
)

const (
	apiBasicPlugins = "BasicPlugins"
	apiBasicPlugin  = "BasicPlugin"
)

// BasicPlugins lists the basic plug-ins of which others are made (CodeArts
// Pipeline API Reference 4.9.15). domain is the account id.
func (c *Client) BasicPlugins(ctx context.Context, domain string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiBasicPlugins, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.basicPluginsPage(ctx, domain, offset, limit)
	})
}

func (c *Client) basicPluginsPage(ctx context.Context, domain string, offset, limit int) (Page, error) {
	target, err := path("/v1/%s/relation/plugin/single", domain)
	if err != nil {
		return Page{}, err
	}
	return c.getPage(ctx, request{api: apiBasicPlugins, path: target, query: url.Values{}}, offset, limit)
}

// BasicPlugin returns one version of a basic plug-in with its inputs, outputs
// and what it executes, the whole answer (CodeArts Pipeline API Reference
// 4.9.30). domain is the account id.
func (c *Client) BasicPlugin(ctx context.Context, domain, plugin, version string) (json.RawMessage, error) {
	target, err := path("/v3/%s/extension/detail", domain)
	if err != nil {
		return nil, err
	}
	return c.getVersion(ctx, request{api: apiBasicPlugin, path: target}, plugin, version)
}
