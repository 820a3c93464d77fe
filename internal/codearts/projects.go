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

// Projects lists all projects of the tenant, also those that the account is no
// member of (CodeArts Req: Querying the Project List). Which of them come for
// an account without rights on the tenant is not documented.
func (c *Client) Projects(ctx context.Context) iter.Seq2[Page, error] {
	return c.walk(ctx, apiProjects, 0, projectPage, c.projectsPage)
}

func (c *Client) projectsPage(ctx context.Context, offset, limit int) (page Page, err error) {
	if c.base.projectman == "" {
		return Page{}, c.noEndpoint(apiProjects, "projectman")
	}
	err = c.call(ctx, request{
		api:    apiProjects,
		method: http.MethodGet, base: c.base.projectman, path: "/v4/projects",
		query: url.Values{
			"offset":     {strconv.Itoa(offset)},
			"limit":      {strconv.Itoa(limit)},
			"query_type": {"domain_projects"},
		},
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
