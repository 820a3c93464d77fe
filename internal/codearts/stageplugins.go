package codearts

import (
	"bytes"
	"context"
	"encoding/json"
	"iter"
	"net/http"
	"net/url"
)

const (
	apiStagePlugins    = "StagePlugins"
	apiOptionalPlugins = "OptionalPlugins"

	groupedPlugins = "plugins_list"
)

// StagePlugins returns the plug-ins that may be put into a stage, all of them
// in one answer (CodeArts Pipeline API Reference 4.9.14). The answer has groups
// of plug-ins; a row is one plug-in with its group:
// {"group":{..},"plugin":{..}}. domain is the account id.
func (c *Client) StagePlugins(ctx context.Context, domain string) (plugins []json.RawMessage, err error) {
	target, err := path("/v1/%s/relation/stage-plugins", domain)
	if err != nil {
		return nil, err
	}
	const field = "full_stage_plugins_item_list"
	err = c.call(ctx, request{
		api: apiStagePlugins, method: http.MethodPost, base: c.base.pipeline, path: target, body: struct{}{},
		read: func(a answer) error {
			o, err := readObject(a.body, field, false)
			if err != nil {
				return err
			}
			groups, err := o.list(field)
			if err != nil {
				return err
			}
			plugins = ungroup(groups)
			return nil
		},
	})
	return plugins, err
}

// OptionalPlugins lists the plug-ins that a pipeline may use, in the form of
// StagePlugins (CodeArts Pipeline API Reference 4.9.16). Its limit and its
// total count plug-ins, not groups, and so do the pages here: a group may go on
// on the next page. domain is the account id.
func (c *Client) OptionalPlugins(ctx context.Context, domain string) iter.Seq2[Page, error] {
	return c.walk(ctx, apiOptionalPlugins, 0, pageSize, func(ctx context.Context, offset, limit int) (Page, error) {
		return c.optionalPluginsPage(ctx, domain, offset, limit)
	})
}

func (c *Client) optionalPluginsPage(ctx context.Context, domain string, offset, limit int) (page Page, err error) {
	target, err := path("/v1/%s/relation/plugins", domain)
	if err != nil {
		return Page{}, err
	}
	// "" is any; use_condition tells pipelines from templates.
	body := struct {
		Use  string `json:"use_condition"`
		Type string `json:"business_type"`
		Name string `json:"regex_name"`
	}{Use: "pipeline"}
	err = c.askPage(ctx, request{
		api: apiOptionalPlugins, method: http.MethodPost, path: target, query: url.Values{}, body: body,
		read: func(a answer) (err error) {
			page, err = readPage(a.body, "data")
			page.Items = ungroup(page.Items)
			return err
		},
	}, offset, limit)
	return page, err
}

// ungroup makes a row of each plug-in of the groups, with what its group says.
// What has another shape than a group of plug-ins stays as it is, for one odd
// group does not fail its page.
func ungroup(groups []json.RawMessage) []json.RawMessage {
	rows := []json.RawMessage{}
	for _, group := range groups {
		if first(group) != '{' {
			rows = append(rows, group)
			continue
		}
		var plugins json.RawMessage
		rest := []byte{}
		for key, value := range members(group) {
			if key == groupedPlugins {
				plugins = value
				continue
			}
			name, _ := json.Marshal(key) // a string is never refused
			rest = append(append(append(append(rest, name...), ':'), value...), ',')
		}
		rest = bytes.TrimSuffix(rest, []byte(","))
		list, err := object{rows: plugins}.list(groupedPlugins)
		if err != nil {
			rows = append(rows, group)
		}
		for _, plugin := range list {
			row := append([]byte(`{"group":{`), rest...)
			row = append(append(row, `},"plugin":`...), plugin...)
			rows = append(rows, append(row, '}'))
		}
	}
	return rows
}
