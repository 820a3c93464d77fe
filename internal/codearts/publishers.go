package codearts

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
	"slices"
)

const (
	apiPublishers          = "Publishers"
	apiAvailablePublishers = "AvailablePublishers"
	apiPublisherDetails    = "PublisherDetails"
)

// Publishers lists the publishers of plug-ins (CodeArts Pipeline API Reference
// 4.9.12). domain is the account id.
func (c *Client) Publishers(ctx context.Context, domain string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiPublishers, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.publishersPage(ctx, domain, offset, limit)
	})
}

func (c *Client) publishersPage(ctx context.Context, domain string, offset, limit int) (Page, error) {
	target, err := path("/v1/%s/publisher/query-all", domain)
	if err != nil {
		return Page{}, err
	}
	return c.getPage(ctx, request{api: apiPublishers, path: target, query: url.Values{}}, offset, limit)
}

// AvailablePublishers returns the publishers under which a tenant may publish,
// all of them in one answer (CodeArts Pipeline API Reference 4.9.13). domain is
// the account id.
func (c *Client) AvailablePublishers(ctx context.Context, domain string) (publishers []json.RawMessage, err error) {
	target, err := path("/v1/%s/publisher/optional-publisher", domain)
	if err != nil {
		return nil, err
	}
	err = c.call(ctx, request{
		api: apiAvailablePublishers, method: http.MethodGet, base: c.base.pipeline, path: target,
		read: func(a answer) (err error) {
			publishers, err = readArray(a.body)
			return err
		},
	})
	return publishers, err
}

// PublisherDetails returns the given publishers by their ids, asked for in
// batches (CodeArts Pipeline API Reference 4.9.25). Ids that CodeArts does not
// know are missing. domain is the account id.
func (c *Client) PublisherDetails(ctx context.Context, domain string, ids []string) (map[string]json.RawMessage, error) {
	target, err := path("/v1/%s/publisher/detail", domain)
	if err != nil {
		return nil, err
	}
	details := make(map[string]json.RawMessage, len(ids))
	err = inBatches(c, apiPublisherDetails, batchSize, ids, func(batch []string) error {
		return c.call(ctx, request{
			api: apiPublisherDetails, method: http.MethodPost, base: c.base.pipeline, path: target, body: slices.Clone(batch),
			read: func(a answer) error {
				o, err := readObject(a.body, "publisher_detail_map", false)
				if err != nil {
					return err
				}
				switch first(o.rows) {
				case 'n', 0:
					return nil
				case '{':
				default:
					return &Error{Class: ClassUnusable, Message: "the answer has another shape than documented: publisher_detail_map is no object"}
				}
				for id, detail := range members(o.rows) {
					details[id] = bytes.Clone(detail)
				}
				return nil
			},
		})
	})
	if err != nil {
		return nil, err
	}
	return details, nil
}
