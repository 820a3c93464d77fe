package pollers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"artery/internal/codearts"
	"artery/internal/events"
)

// partsOf are the kinds that a published version has.
var partsOf = []events.Kind{events.PluginVersionDetail, events.PluginMetrics, events.PluginInputs, events.PluginOutputs}

func (p *Pass) pluginMetrics(ctx context.Context, versions []pluginVersion) error {
	return p.pluginParts(ctx, events.PluginMetrics, "PluginMetrics", versions, p.API.PluginMetrics)
}

func (p *Pass) pluginInputs(ctx context.Context, versions []pluginVersion) error {
	return p.pluginParts(ctx, events.PluginInputs, "PluginInputs", versions, p.API.PluginInputs)
}

func (p *Pass) pluginOutputs(ctx context.Context, versions []pluginVersion) error {
	return p.pluginParts(ctx, events.PluginOutputs, "PluginOutputs", versions, p.API.PluginOutputs)
}

// pluginParts asks for the parts of the versions that were edited, in batches (CodeArts Pipeline API 4.9.18 to 4.9.20). What
// the answer leaves out is not asked for again while the version stays as it is.
func (p *Pass) pluginParts(ctx context.Context, kind events.Kind, api string, versions []pluginVersion, ask func(context.Context, string, []codearts.PluginRef) (map[codearts.PluginRef]json.RawMessage, error)) error {
	plan, of := p.editedVersions(versions, kind)
	return p.apart(string(kind), plan, func(plan []wanted) error {
		var refs []codearts.PluginRef
		for _, w := range plan {
			refs = append(refs, of[w.id])
		}
		asked := p.now()
		parts, err := ask(ctx, p.Tenant.DomainID, refs)
		if err != nil {
			if p.Lost(kind, fmt.Sprintf("%d versions of plug-ins", len(plan)), err) {
				return nil // the plug-ins stay unmarked, so the next process asks again
			}
			return err
		}
		p.Page()
		left := 0
		for _, w := range plan {
			raw, ok := parts[of[w.id]]
			if !ok {
				left++
				continue
			}
			row := Row{Raw: raw, API: api, Asked: asked}
			body, err := partBody(of[w.id], w.mark, raw)
			if err != nil {
				p.Odd(kind, row, err)
				continue
			}
			row.Raw = body
			p.Saw("", kind, w.id, row, w.mark)
		}
		if left > 0 {
			p.Log.Info("details that codearts does not give", "kind", kind, "details", left)
		}
		return p.asked(ctx, kind, plan)
	})
}

// partBody is the body of one part. CodeArts names the version in the rows of the answer only: they must be of the one that
// was asked for.
func partBody(of codearts.PluginRef, edit events.Mark, answer json.RawMessage) (json.RawMessage, error) {
	var rows struct {
		Data []struct {
			Version string `json:"version"`
		} `json:"data"`
	}
	if err := identify(answer, &rows); err != nil {
		return nil, err
	}
	for _, row := range rows.Data {
		if row.Version != "" && row.Version != of.Version {
			return nil, errors.New("asked about version " + of.Version + " of the plug-in " + of.Plugin + ", the answer is about " + row.Version)
		}
	}
	body, err := json.Marshal(events.PluginPartBody{Plugin: of.Plugin, Version: of.Version, OpTime: edit.To, Answer: answer})
	if err != nil {
		return nil, fmt.Errorf("writing a part of version %s of the plug-in %s: %w", of.Version, of.Plugin, err)
	}
	return body, nil
}
