package codearts

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
)

const apiBuildTenants = "BuildTenants"

// BuildTenants returns the build status of tenants (CodeArts Build: Querying
// the Status of Other Tenants in Cross-Tenant Scenarios). domains are account
// ids, of which an answer may lack some; without any the server chooses. How
// many ids one call may have is not documented: they are sent in batches like
// those of PipelineStatuses.
func (c *Client) BuildTenants(ctx context.Context, domains []string) ([]json.RawMessage, error) {
	if len(domains) == 0 {
		return c.buildTenantBatch(ctx, nil)
	}
	var tenants []json.RawMessage
	err := inBatches(c, apiBuildTenants, batchSize, domains, func(domains []string) error {
		batch, err := c.buildTenantBatch(ctx, domains)
		tenants = append(tenants, batch...)
		return err
	})
	if err != nil {
		return nil, err
	}
	return tenants, nil
}

func (c *Client) buildTenantBatch(ctx context.Context, domains []string) (tenants []json.RawMessage, err error) {
	// One String for a collection of ids; its separator is not documented.
	body := struct {
		DomainIDs string `json:"domain_ids,omitempty"`
	}{strings.Join(domains, ",")}
	err = c.call(ctx, request{
		api:    apiBuildTenants,
		method: http.MethodPost, base: c.base.build, path: "/v1/domain/domains-statuses", body: body,
		read: func(a answer) (err error) {
			tenants, err = readBuildResult(a.body)
			return err
		},
	})
	return tenants, err
}

// readBuildResult opens the envelope of the Build APIs.
func readBuildResult(body []byte) ([]json.RawMessage, error) {
	o, err := readObject(body, "result", true)
	if err != nil {
		return nil, err
	}
	return o.list("result")
}
