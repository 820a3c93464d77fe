package codearts

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"
)

// getPage completes q for the lists of the Pipeline service that page by their
// query and answer with `data` and `total` (CodeArts Pipeline API Reference 4.4
// to 4.8 and 4.9). They cannot be sorted: whatever is edited during a
// walk moves to the front, so that the walk may miss it and have another row
// twice, with the total unchanged. A sweep is complete only if it has as many
// different ids as the total says. q.query must not be nil.
func (c *Client) getPage(ctx context.Context, q request, offset, limit int) (page Page, err error) {
	q.method = http.MethodGet
	q.read = func(a answer) (err error) {
		page, err = readPage(a.body, "data")
		return err
	}
	err = c.askPage(ctx, q, offset, limit)
	return page, err
}

// askPage completes q for any list of the Pipeline service that pages by its
// query, whatever its method and its answer are.
func (c *Client) askPage(ctx context.Context, q request, offset, limit int) error {
	q.base = c.base.pipeline
	q.query.Set("offset", strconv.Itoa(offset))
	q.query.Set("limit", strconv.Itoa(limit))
	return c.call(ctx, q)
}

// getWhole completes q for an object of the Pipeline service that is handed
// out whole.
func (c *Client) getWhole(ctx context.Context, q request) (whole json.RawMessage, err error) {
	q.method, q.base = http.MethodGet, c.base.pipeline
	q.read = func(a answer) error {
		if _, err := readObject(a.body, "", false); err != nil {
			return err
		}
		whole = a.body
		return nil
	}
	err = c.call(ctx, q)
	return whole, err
}
