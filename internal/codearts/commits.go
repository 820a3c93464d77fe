package codearts

import (
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"strconv"
)

const (
	apiCommit     = "Commit"
	apiComparison = "Comparison"
)

// Commit returns one commit of a repository, the whole answer (CodeArts Repo
// v4, ShowCommit of the vendor's SDK).
func (c *Client) Commit(ctx context.Context, repository, commit string) (detail json.RawMessage, err error) {
	target, err := path("/v4/repositories/%s/repository/commits", repository)
	if err != nil {
		return nil, err
	}
	err = c.call(ctx, request{
		api:    apiCommit,
		method: http.MethodGet, base: c.base.repo, path: target, query: url.Values{"sha": {commit}},
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

// Comparison lists the commits that one commit of a repository has and another
// one has not, newest first (CodeArts Repo v4, ShowRefCompare of the vendor's
// SDK). The comparison is a straight one: without it CodeArts compares with the
// common ancestor and shows what a merge has brought to both.
func (c *Client) Comparison(ctx context.Context, repository, from, to string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiComparison, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.comparisonPage(ctx, repository, from, to, offset, limit)
	})
}

func (c *Client) comparisonPage(ctx context.Context, repository, from, to string, offset, limit int) (page Page, err error) {
	target, err := path("/v4/repositories/%s/compare", repository)
	if err != nil {
		return Page{}, err
	}
	err = c.call(ctx, request{
		api:    apiComparison,
		method: http.MethodGet, base: c.base.repo, path: target,
		query: url.Values{
			"from":         {from},
			"to":           {to},
			"compare_type": {"commit"},
			"straight":     {"true"},
			"view":         {"commits"},
			"offset":       {strconv.Itoa(offset)},
			"limit":        {strconv.Itoa(limit)},
		},
		read: func(a answer) error {
			o, err := readObject(a.body, "commits", false)
			if err != nil {
				return err
			}
			rows, err := o.list("commits")
			if err != nil {
				return err
			}
			var sums struct {
				Count   json.RawMessage `json:"commits_count"`
				Timeout bool            `json:"compare_timeout"`
			}
			if err := json.Unmarshal(a.body, &sums); err != nil {
				return &Error{Class: ClassUnusable, Message: "the answer has another shape than documented: compare_timeout is no boolean"}
			}
			if sums.Timeout {
				return &Error{Class: ClassUnusable, Message: "the comparison took CodeArts too long, and was not finished"}
			}
			n := parseTotal(string(readLenient(sums.Count)))
			if !n.known {
				n = parseTotal(a.header.Get("X-Total"))
			}
			if !n.known {
				return &Error{Class: ClassUnusable, Message: "the answer has neither commits_count nor an X-Total header, without which the list has no end"}
			}
			page = Page{Items: rows, Total: n.value}
			return nil
		},
	})
	return page, err
}
