package codearts

import (
	"context"
	"encoding/json"
	"net/http"
)

const apiBuildGroups = "BuildGroups"

// BuildGroups returns the roots of a project's tree of build groups, each with
// its children inside (CodeArts Build: Querying a Group Tree).
func (c *Client) BuildGroups(ctx context.Context, project string) (roots []json.RawMessage, err error) {
	target, err := path("/v1/job/%s/group/tree", project)
	if err != nil {
		return nil, err
	}
	err = c.call(ctx, request{
		api: apiBuildGroups, project: project,
		method: http.MethodGet, base: c.base.build, path: target,
		read: func(a answer) (err error) {
			roots, err = readBuildResult(a.body)
			return err
		},
	})
	return roots, err
}
