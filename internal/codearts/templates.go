package codearts

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
)

const (
	apiPipelineTemplates = "PipelineTemplates"
	apiPipelineTemplate  = "PipelineTemplate"
)

// PipelineTemplates lists the pipeline templates of a tenant and those of the
// system, oldest first, so that new ones do not shift the pages (CodeArts
// Pipeline API Reference 4.1.1). domain is the account id.
func (c *Client) PipelineTemplates(ctx context.Context, domain string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiPipelineTemplates, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.templatesPage(ctx, domain, offset, limit)
	})
}

func (c *Client) templatesPage(ctx context.Context, domain string, offset, limit int) (page Page, err error) {
	target, err := path("/v5/%s/api/pipeline-templates/list", domain)
	if err != nil {
		return Page{}, err
	}
	// Without is_system the answer has both sorts of templates.
	body := struct {
		Offset  int    `json:"offset"`
		Limit   int    `json:"limit"`
		SortKey string `json:"sort_key"`
		SortDir string `json:"sort_dir"`
	}{offset, limit, "create_time", "asc"}
	err = c.call(ctx, request{
		api:    apiPipelineTemplates,
		method: http.MethodPost, base: c.base.pipeline, path: target, body: body,
		read: func(a answer) (err error) {
			page, err = readPage(a.body, "templates")
			return err
		},
	})
	return page, err
}

// PipelineTemplate returns one template, the whole answer; its definition is
// JSON in a text (CodeArts Pipeline API Reference 4.1.3). domain is the account
// id.
func (c *Client) PipelineTemplate(ctx context.Context, domain, template string) (json.RawMessage, error) {
	target, err := path("/v5/%s/api/pipeline-templates/%s", domain, template)
	if err != nil {
		return nil, err
	}
	return c.getWhole(ctx, request{api: apiPipelineTemplate, path: target})
}
