package codearts

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"
	"net/http"
	"net/url"
)

const (
	apiPlugins              = "Plugins"
	apiPluginVersions       = "PluginVersions"
	apiPluginVersion        = "PluginVersion"
	apiPluginVersionNumbers = "PluginVersionNumbers"

	allVersions = 999 // is what the example asks for
)

// Plugins lists the plug-ins that a tenant sees, each with its latest version
// (CodeArts Pipeline API Reference 4.9.17). domain is the account id.
func (c *Client) Plugins(ctx context.Context, domain string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiPlugins, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.pluginsPage(ctx, domain, offset, limit)
	})
}

func (c *Client) pluginsPage(ctx context.Context, domain string, offset, limit int) (page Page, err error) {
	target, err := path("/v1/%s/agent-plugin/query-all", domain)
	if err != nil {
		return Page{}, err
	}
	// Without a filter the answer has the plug-ins of all types.
	err = c.askPage(ctx, request{
		api: apiPlugins, method: http.MethodPost, path: target, query: url.Values{}, body: struct{}{},
		read: func(a answer) (err error) {
			page, err = readPage(a.body, "data")
			return err
		},
	}, offset, limit)
	return page, err
}

// PluginVersions lists the versions of one plug-in, drafts included, in the
// form of Plugins (CodeArts Pipeline API Reference 4.9.21, whose example is a
// POST where its URI is a GET). domain is the account id.
func (c *Client) PluginVersions(ctx context.Context, domain, plugin string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiPluginVersions, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		target, err := path("/v1/%s/agent-plugin/query", domain)
		if err != nil {
			return Page{}, err
		}
		return c.getPage(ctx, request{api: apiPluginVersions, path: target, query: url.Values{"plugin_name": {plugin}}}, offset, limit)
	})
}

// PluginVersion returns one version of a plug-in with its steps, the whole
// answer (CodeArts Pipeline API Reference 4.9.22). domain is the account id.
func (c *Client) PluginVersion(ctx context.Context, domain, plugin, version string) (json.RawMessage, error) {
	target, err := path("/v1/%s/agent-plugin/detail", domain)
	if err != nil {
		return nil, err
	}
	return c.getVersion(ctx, request{api: apiPluginVersion, path: target}, plugin, version)
}

// getVersion completes q for a version of a plug-in. Both names may be left out
// of the question, so an answer about another version is refused.
func (c *Client) getVersion(ctx context.Context, q request, plugin, version string) (json.RawMessage, error) {
	q.query = url.Values{"plugin_name": {plugin}, "version": {version}}
	whole, err := c.getWhole(ctx, q)
	if err != nil {
		return nil, err
	}
	var got struct {
		Version lenient `json:"version"`
	}
	if err := json.Unmarshal(whole, &got); err != nil || got.Version != "" && string(got.Version) != version {
		return nil, &Error{
			Tenant: c.opts.Tenant, API: q.api, Class: ClassUnusable, Answer: whole,
			Message: fmt.Sprintf("asked for version %q of the plug-in %q, the answer is about %q", version, plugin, string(got.Version)),
		}
	}
	return whole, nil
}

// PluginVersionNumbers lists the numbers of the published versions of one
// plug-in, each row a text (CodeArts Pipeline API Reference 4.9.23). The table
// has a page with a total, the example the bare list: both are taken. A bare
// list has no total, so that only a page with fewer rows than asked for says
// that it is the last one. domain is the account id.
func (c *Client) PluginVersionNumbers(ctx context.Context, domain, plugin string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiPluginVersionNumbers, 0, allVersions, func(ctx context.Context, offset, limit int) (page Page, err error) {
		target, err := path("/v1/%s/agent-plugin/all-version", domain)
		if err != nil {
			return Page{}, err
		}
		err = c.askPage(ctx, request{
			api: apiPluginVersionNumbers, method: http.MethodGet, path: target, query: url.Values{"plugin_name": {plugin}},
			read: func(a answer) (err error) {
				if first(a.body) != '[' {
					page, err = readPage(a.body, "data")
					return err
				}
				page.Items, err = readArray(a.body)
				if page.Total = offset + len(page.Items); len(page.Items) >= limit {
					page.Total++
				}
				return err
			},
		}, offset, limit)
		return page, err
	})
}
