package codearts

import (
	"context"
	"encoding/json"
	"net/http"
)

const (
	apiPluginMetrics = "PluginMetrics"
	apiPluginInputs  = "PluginInputs"
	apiPluginOutputs = "PluginOutputs"

	partsBatch = 20 // plug-ins asked for at once; no maximum is documented
)

// PluginRef names a version of a plug-in. The attributions may be empty.
type PluginRef struct {
	Plugin             string `json:"plugin_name"`
	Version            string `json:"version"`
	Attribution        string `json:"plugin_attribution,omitempty"`  // official or custom
	VersionAttribution string `json:"version_attribution,omitempty"` // formal, draft or init
}

// PluginMetrics returns the metrics of versions of plug-ins, each as the
// element of the answer that speaks of its plug-in (CodeArts Pipeline API
// Reference 4.9.18). Versions that the answer leaves out are missing. domain is
// the account id.
func (c *Client) PluginMetrics(ctx context.Context, domain string, refs []PluginRef) (map[PluginRef]json.RawMessage, error) {
	return c.pluginParts(ctx, apiPluginMetrics, "/v1/%s/agent-plugin/plugin-metrics", domain, refs)
}

// PluginInputs returns the inputs of versions of plug-ins (CodeArts Pipeline
// API Reference 4.9.19), as PluginMetrics does.
func (c *Client) PluginInputs(ctx context.Context, domain string, refs []PluginRef) (map[PluginRef]json.RawMessage, error) {
	return c.pluginParts(ctx, apiPluginInputs, "/v1/%s/agent-plugin/plugin-input", domain, refs)
}

// PluginOutputs returns the outputs of versions of plug-ins (CodeArts Pipeline
// API Reference 4.9.20), as PluginMetrics does.
func (c *Client) PluginOutputs(ctx context.Context, domain string, refs []PluginRef) (map[PluginRef]json.RawMessage, error) {
	return c.pluginParts(ctx, apiPluginOutputs, "/v1/%s/agent-plugin/plugin-output", domain, refs)
}

// pluginParts asks in batches. An element of the answer names its plug-in and
// not its version, and their order is not promised: so no call asks for two
// versions of one plug-in.
func (c *Client) pluginParts(ctx context.Context, api, format, domain string, refs []PluginRef) (map[PluginRef]json.RawMessage, error) {
	target, err := path(format, domain)
	if err != nil {
		return nil, err
	}
	parts := make(map[PluginRef]json.RawMessage, len(refs))
	for len(refs) > 0 {
		var now, later []PluginRef
		asked := map[string]PluginRef{}
		for _, ref := range refs {
			if _, twice := asked[ref.Plugin]; twice {
				later = append(later, ref)
				continue
			}
			asked[ref.Plugin] = ref
			now = append(now, ref)
		}
		err := inBatches(c, api, partsBatch, now, func(batch []PluginRef) error {
			return c.call(ctx, request{
				api: api, method: http.MethodPost, base: c.base.pipeline, path: target, body: batch,
				read: func(a answer) error {
					rows, err := readArray(a.body)
					for _, row := range rows {
						var of struct {
							Plugin lenient `json:"plugin_name"`
						}
						if json.Unmarshal(row, &of) != nil {
							continue
						}
						if ref, ok := asked[string(of.Plugin)]; ok {
							parts[ref] = row
						}
					}
					return err
				},
			})
		})
		if err != nil {
			return nil, err
		}
		refs = later
	}
	return parts, nil
}
