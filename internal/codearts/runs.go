package codearts

import (
	"context"
	"iter"
	"net/http"
	"time"
)

const apiPipelineRuns = "PipelineRuns"

// Window selects runs of one pipeline. It is not documented whether its ends
// are included or whether a run that only overlaps it is: let windows overlap
// by two seconds or more.
type Window struct {
	From, To   time.Time // of the run's start, in ms; a zero time leaves that end open
	Status     []string  // such as RUNNING; empty means any
	Descending bool      // newest start first instead of oldest
	Offset     int       // rows to skip, to resume a walk
	Limit      int       // rows per page, default 100
}

// PipelineRuns lists the runs of a pipeline in a window, by start time
// (CodeArts Pipeline API Reference 4.2.7). project is the pipeline's owner.
func (c *Client) PipelineRuns(ctx context.Context, project, pipeline string, w Window) iter.Seq2[Page, error] {
	limit := w.Limit
	if limit <= 0 {
		limit = pageSize
	}
	return c.walk(ctx, apiPipelineRuns, w.Offset, limit, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.runsPage(ctx, project, pipeline, w, offset, limit)
	})
}

func (c *Client) runsPage(ctx context.Context, project, pipeline string, w Window, offset, limit int) (page Page, err error) {
	target, err := path("/v5/%s/api/pipelines/%s/pipeline-runs/list", project, pipeline)
	if err != nil {
		return Page{}, err
	}
	body := struct {
		Offset    int      `json:"offset"`
		Limit     int      `json:"limit"`
		Status    []string `json:"status,omitempty"`
		SortKey   string   `json:"sort_key"`
		SortDir   string   `json:"sort_dir"`
		StartTime int64    `json:"start_time,omitempty"`
		EndTime   int64    `json:"end_time,omitempty"`
	}{Offset: offset, Limit: limit, Status: w.Status, SortKey: "start_time", SortDir: "asc"}
	if w.Descending {
		body.SortDir = "desc"
	}
	// The table says String; the example sends numbers, and live clients do.
	if !w.From.IsZero() {
		body.StartTime = w.From.UnixMilli()
	}
	if !w.To.IsZero() {
		body.EndTime = w.To.UnixMilli()
	}
	err = c.call(ctx, request{
		api: apiPipelineRuns, project: project,
		method: http.MethodPost, base: c.base.pipeline, path: target, body: body,
		read: func(a answer) (err error) {
			page, err = readPage(a.body, "pipeline_runs")
			return err
		},
	})
	return page, err
}
