package codearts

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
)

const (
	apiTenantGate  = "TenantGate"
	apiProjectGate = "ProjectGate"
)

// TenantGate returns the quality gate of a tenant, the whole answer (CodeArts
// Check: Querying Tenant or Project Gate Configuration). domain is the account
// id.
func (c *Client) TenantGate(ctx context.Context, domain string) (json.RawMessage, error) {
	return c.gate(ctx, request{api: apiTenantGate}, url.Values{
		"is_check_project": {"0"}, "project_id": {""}, "domain_id": {domain},
	})
}

// ProjectGate returns the quality gate of a project, the whole answer (CodeArts
// Check: Querying Tenant or Project Gate Configuration).
func (c *Client) ProjectGate(ctx context.Context, project string) (json.RawMessage, error) {
	return c.gate(ctx, request{api: apiProjectGate, project: project}, url.Values{
		"is_check_project": {"1"}, "project_id": {project}, "domain_id": {""},
	})
}

func (c *Client) gate(ctx context.Context, q request, query url.Values) (gate json.RawMessage, err error) {
	q.method, q.base, q.path, q.query = http.MethodGet, c.base.check, "/v2/transmission/review-data", query
	q.read = func(a answer) error {
		if _, err := readObject(a.body, "", true); err != nil {
			return err
		}
		gate = a.body
		return nil
	}
	err = c.call(ctx, q)
	return gate, err
}
