package codearts

import (
	"context"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

const apiRepositories = "Repositories"

// Repositories lists all repositories of the tenant, oldest first (CodeArts
// Repo: Obtaining the Tenant Repository List). The total comes in the X-Total
// header.
func (c *Client) Repositories(ctx context.Context) iter.Seq2[Page, error] {
	return c.walk(ctx, apiRepositories, 0, pageSize, c.repositoriesPage)
}

func (c *Client) repositoriesPage(ctx context.Context, offset, limit int) (page Page, err error) {
	err = c.call(ctx, request{
		api:    apiRepositories,
		method: http.MethodGet, base: c.base.repo, path: "/v4/tenant/repositories",
		query: url.Values{
			"offset":     {strconv.Itoa(offset)},
			"limit":      {strconv.Itoa(limit)},
			"sort_field": {"create_time"},
			"sort":       {"asc"},
		},
		read: func(a answer) error {
			rows, err := readArray(a.body)
			if err != nil {
				return err
			}
			n := parseTotal(a.header.Get("X-Total"))
			if !n.known {
				return &Error{Class: ClassUnusable, Message: "the answer has no usable X-Total header, without which the list has no end"}
			}
			page = Page{Items: rows, Total: n.value}
			return nil
		},
	})
	return page, err
}
