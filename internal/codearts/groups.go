package codearts

import (
	"context"
	"encoding/json"
	"net/http"
)

const apiPipelineGroups = "PipelineGroups"

// PipelineGroups returns the roots of a project's tree of pipeline groups, each
// with its children inside (CodeArts Pipeline API Reference 4.3.4).
func (c *Client) PipelineGroups(ctx context.Context, project string) (roots []json.RawMessage, err error) {
	target, err := path("/v5/%s/api/pipeline-group/tree", project)
	if err != nil {
		return nil, err
	}
	err = c.call(ctx, request{
		api: apiPipelineGroups, project: project,
		method: http.MethodGet, base: c.base.pipeline, path: target,
		read: func(a answer) (err error) {
			roots, err = readArray(a.body)
			return err
		},
	})
	return roots, err
}
