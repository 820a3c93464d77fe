package codearts

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
)

const (
	apiPipelineStatuses = "PipelineStatuses"
	batchSize           = 100 // no maximum is documented
)

// PipelineStatuses returns the latest runs of the given pipelines, in no
// promised order (CodeArts Pipeline API Reference 4.2.2). Pipelines that never
// ran are missing, and so may be deleted or forbidden ones. The ids are sent in
// batches; a size that the server refuses is halved and the one that it takes
// remembered.
func (c *Client) PipelineStatuses(ctx context.Context, project string, ids []string) ([]json.RawMessage, error) {
	var runs []json.RawMessage
	err := inBatches(c, apiPipelineStatuses, batchSize, ids, func(ids []string) error {
		batch, err := c.statusBatch(ctx, project, ids)
		runs = append(runs, batch...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return runs, nil
}

func (c *Client) statusBatch(ctx context.Context, project string, ids []string) (runs []json.RawMessage, err error) {
	target, err := path("/v5/%s/api/pipelines/status", project)
	if err != nil {
		return nil, err
	}
	err = c.call(ctx, request{
		api: apiPipelineStatuses, project: project,
		method: http.MethodPost, base: c.base.pipeline, path: target, body: slices.Clone(ids),
		read: func(a answer) (err error) {
			runs, err = readArray(a.body)
			return err
		},
	})
	return runs, err
}
