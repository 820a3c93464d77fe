package codearts

import (
	"context"
	"encoding/json"
)

const noDomain = skipped("no account id is configured to try it with")

// ofTenant and ofProject return the id under which a list is tried.
func ofTenant(p *prober) (string, error) {
	if p.domain == "" {
		return "", noDomain
	}
	return p.domain, nil
}

func ofProject(p *prober) (string, error) {
	if p.project == "" {
		return "", noProject
	}
	return p.project, nil
}

// tryList tries a list and remembers its first row for the detail.
func tryList(api string, owner func(*prober) (string, error), fetch func(c *Client, ctx context.Context, owner string, offset, limit int) (Page, error)) func(*prober) (string, error) {
	return func(p *prober) (string, error) {
		id, err := owner(p)
		if err != nil {
			return "", err
		}
		page, err := fetch(p.client, p.ctx, id, 0, 1)
		p.counted(page, err)
		if err != nil || len(page.Items) == 0 {
			return "", err
		}
		var row struct {
			ID lenient `json:"id"`
		}
		if json.Unmarshal(page.Items[0], &row) == nil {
			p.first[api] = string(row.ID)
		}
		return "", nil
	}
}

// tryDetail tries a detail with the first row of its list.
func tryDetail(list string, owner func(*prober) (string, error), fetch func(c *Client, ctx context.Context, owner, id string) (json.RawMessage, error)) func(*prober) (string, error) {
	return func(p *prober) (string, error) {
		id, err := owner(p)
		if err != nil {
			return "", err
		}
		if p.first[list] == "" {
			return "", skipped("the list " + list + " gave nothing to try it with")
		}
		_, err = fetch(p.client, p.ctx, id, p.first[list])
		return "", err
	}
}
