package codearts

import (
	"context"
	"iter"
	"net/http"
)

const apiPipelines = "Pipelines"

// Pipelines lists the pipelines of a project with their latest runs, oldest
// pipeline first, so that new ones do not shift the pages (CodeArts Pipeline
// API Reference 4.2.4). A row can belong to another project than the one asked
// for: its project_id is the owner, to be used in later calls.
//
// The list is walked every minute, and nearly all of its rows are as they were.
// A row whose bytes are those of the walk before, at the same place, is the
// same slice as then: whoever kept it needs no look at it.
func (c *Client) Pipelines(ctx context.Context, project string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiPipelines, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.pipelinesPage(ctx, project, offset, limit)
	})
}

func (c *Client) pipelinesPage(ctx context.Context, project string, offset, limit int) (page Page, err error) {
	target, err := path("/v5/%s/api/pipelines/list", project)
	if err != nil {
		return Page{}, err
	}
	// The document knows project_ids, later versions of the API project_id.
	body := struct {
		ProjectID  string   `json:"project_id"`
		ProjectIDs []string `json:"project_ids"`
		Offset     int      `json:"offset"`
		Limit      int      `json:"limit"`
		SortKey    string   `json:"sort_key"`
		SortDir    string   `json:"sort_dir"`
	}{project, []string{project}, offset, limit, "create_time", "asc"}
	err = c.call(ctx, request{
		api: apiPipelines, project: project,
		method: http.MethodPost, base: c.base.pipeline, path: target, body: body,
		read: func(a answer) (err error) {
			page, err = c.earlier.readPage(project, offset, a.body, "pipelines")
			return err
		},
	})
	return page, err
}
