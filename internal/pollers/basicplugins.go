package pollers

import (
	"context"
	"encoding/json"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pollBasicPlugins reads the basic plug-ins (CodeArts Pipeline API 4.9.15). Their list names no version, so the version
// numbers of each are asked for (4.9.23), and the details of a version when it is new or the plug-in's row has changed
// (4.9.30).
func pollBasicPlugins(ctx context.Context, p *Pass) error {
	seen, sweep, err := p.listed(events.BasicPlugin, p.API.BasicPlugins(ctx, p.Tenant.DomainID), func(row Row) (wanted, error) {
		var id struct {
			Name string `json:"name"`
		}
		if err := identify(row.Raw, &id); err != nil {
			return wanted{}, err
		}
		return p.unmarked(events.BasicPlugin, id.Name, row)
	})
	if err != nil {
		return err
	}
	if p.Tenant.Depth.PluginLists {
		seen = nil
	}
	var versions []pluginVersion
	err = p.apart(string(events.BasicPluginVersionList), seen, func(seen []wanted) error {
		for _, plugin := range seen {
			numbers, err := p.versionNumbers(ctx, events.BasicPluginVersionList, plugin.id, plugin.mark)
			if err != nil && !p.Lost(events.BasicPluginVersionList, plugin.id, err) {
				return err
			}
			for _, number := range numbers {
				edit := events.Mark{Parent: plugin.id, Status: plugin.mark.Status}
				versions = append(versions, pluginVersion{wanted{versionID(plugin.id, number), edit}, codearts.PluginRef{Plugin: plugin.id, Version: number}})
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := p.basicPluginDetails(ctx, versions); err != nil {
		return err
	}
	return p.Swept(ctx, events.BasicPlugin, sweep, nil)
}

func (p *Pass) basicPluginDetails(ctx context.Context, versions []pluginVersion) error {
	plan, of := p.editedVersions(versions, events.BasicPluginDetail)
	return p.apart(string(events.BasicPluginDetail), plan, func(plan []wanted) error {
		return p.fetch(ctx, events.BasicPluginDetail, "BasicPlugin", plan, func(ctx context.Context, w wanted) (json.RawMessage, error) {
			return p.API.BasicPlugin(ctx, p.Tenant.DomainID, of[w.id].Plugin, of[w.id].Version)
		})
	})
}
