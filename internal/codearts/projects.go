package codearts

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

const (
	apiProjects = "Projects"

	// projectPage is the largest page that the document allows.
	projectPage = 1000
)

// Projects lists the projects that the account is a member of, or all of the
// tenant (CodeArts Req: Querying the Project List). Which of the tenant's come
// for an account without rights on the tenant is not documented.
func (c *Client) Projects(ctx context.Context, joined bool) iter.Seq2[Page, error] {
	return c.walk(ctx, apiProjects, 0, projectPage, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.projectsPage(ctx, joined, offset, limit)
	})
}

func (c *Client) projectsPage(ctx context.Context, joined bool, offset, limit int) (page Page, err error) {
	if c.base.projectman == "" {
		return Page{}, c.noEndpoint(apiProjects, "projectman")
	}
	query := url.Values{"offset": {strconv.Itoa(offset)}, "limit": {strconv.Itoa(limit)}}
	if !joined {
		query.Set("query_type", "domain_projects")
	}
	err = c.call(ctx, request{
		api:    apiProjects,
		method: http.MethodGet, base: c.base.projectman, path: "/v4/projects", query: query,
		read: func(a answer) (err error) {
			page, err = readPage(a.body, "projects")
			return err
		},
	})
	return page, err
}

// noEndpoint is the failure of an API whose service has no base URL.
func (c *Client) noEndpoint(api, name string) error {
	return &Error{Tenant: c.opts.Tenant, API: api, Class: ClassBadRequest, Message: "the endpoint " + name + " is not configured"}
}
