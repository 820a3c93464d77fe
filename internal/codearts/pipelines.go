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
	return c.listPipelines(ctx, project, pipelinesOf(project))
}

// PipelinesOfAll lists the pipelines of several projects at once, by the same
// API, in the order and with the rows of Pipelines. The projects must not be
// none. The document names the filter and does not say that it may name
// projects other than that of the path: whoever relies on it has to verify it.
func (c *Client) PipelinesOfAll(ctx context.Context, projects []string) iter.Seq2[Page, error] {
	return c.listPipelines(ctx, projects[0], pipelineFilter{ProjectIDs: projects})
}

// PipelinesWith lists the pipelines of several projects whose latest run has
// one of the statuses, by the same API. The projects must not be none. It is
// documented what the filter takes, not what it does: the statuses may be
// those of another run than the latest, the projects may be ignored. Whoever
// relies on it has to verify it.
func (c *Client) PipelinesWith(ctx context.Context, projects, status []string) iter.Seq2[Page, error] {
	return c.listPipelines(ctx, projects[0], pipelineFilter{ProjectIDs: projects, Status: status})
}

// pipelineFilter selects pipelines in the body of the list.
type pipelineFilter struct {
	ProjectID  string   `json:"project_id,omitempty"`
	ProjectIDs []string `json:"project_ids"`
	Status     []string `json:"status,omitempty"`
}

// pipelinesOf selects all of one project. The document knows project_ids, later
// versions of the API project_id.
func pipelinesOf(project string) pipelineFilter {
	return pipelineFilter{ProjectID: project, ProjectIDs: []string{project}}
}

func (c *Client) listPipelines(ctx context.Context, project string, filter pipelineFilter) iter.Seq2[Page, error] {
	return c.walk(ctx, apiPipelines, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.pipelinesPage(ctx, project, filter, offset, limit)
	})
}

func (c *Client) pipelinesPage(ctx context.Context, project string, filter pipelineFilter, offset, limit int) (page Page, err error) {
	target, err := path("/v5/%s/api/pipelines/list", project)
	if err != nil {
		return Page{}, err
	}
	body := struct {
		pipelineFilter
		Offset  int    `json:"offset"`
		Limit   int    `json:"limit"`
		SortKey string `json:"sort_key"`
		SortDir string `json:"sort_dir"`
	}{filter, offset, limit, "create_time", "asc"}
	err = c.call(ctx, request{
		api: apiPipelines, project: project,
		method: http.MethodPost, base: c.base.pipeline, path: target, body: body,
		read: func(a answer) (err error) {
			switch list := project; {
			case len(filter.Status) > 0: // other rows each time
				page, err = readPage(a.body, "pipelines")
			case filter.ProjectID == "":
				list += " and others"
				fallthrough
			default:
				page, err = c.earlier.readPage(list, offset, a.body, "pipelines")
			}
			return err
		},
	})
	return page, err
}
