package codearts

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

const apiRunDetail = "RunDetail"

// RunDetail returns one run with its stages, jobs and steps, the whole answer
// (CodeArts Pipeline API Reference 4.2.3). An empty run asks for the latest.
// project is the pipeline's owner.
func (c *Client) RunDetail(ctx context.Context, project, pipeline, run string) (detail json.RawMessage, err error) {
	target, err := path("/v5/%s/api/pipelines/%s/pipeline-runs/detail", project, pipeline)
	if err != nil {
		return nil, err
	}
	query := url.Values{}
	if run != "" {
		query.Set("pipeline_run_id", run)
	}
	err = c.call(ctx, request{
		api: apiRunDetail, project: project,
		method: http.MethodGet, base: c.base.pipeline, path: target, query: query,
		read: func(a answer) error {
			if _, err := readObject(a.body, "", false); err != nil {
				return err
			}
			detail = a.body
			return nil
		},
	})
	return detail, err
}
