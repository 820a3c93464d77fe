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
	for len(ids) > 0 {
		size := min(len(ids), c.sizes.of(apiPipelineStatuses, batchSize))
		batch, err := c.statusBatch(ctx, project, ids[:size])
		for refusesSize(err) && size > 1 {
			size /= 2
			if batch, err = c.statusBatch(ctx, project, ids[:size]); err == nil {
				c.sizes.learn(apiPipelineStatuses, size)
			}
		}
		if err != nil {
			if refusesSize(err) { // a single id: not the size was at fault
				c.sizes.forget(apiPipelineStatuses)
			}
			return nil, err
		}
		runs = append(runs, batch...)
		ids = ids[size:]
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
