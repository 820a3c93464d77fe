package pollers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"

	"artery/internal/codearts"
	"artery/internal/events"
)

// pluginsPortion is how many edited plug-ins are read at a time: as much as is lost when the process is killed. The parts of
// so many are asked for in one call.
const pluginsPortion = 20

// pluginIdentity is what is decoded of a plug-in and of its versions.
type pluginIdentity struct {
	Plugin             string `json:"plugin_name"`
	Version            string `json:"version"` // "" for a draft
	Attribution        string `json:"plugin_attribution"`
	VersionAttribution string `json:"version_attribution"`
	OpTime             number `json:"op_time"`
	Active             number `json:"active"`
}

func (r pluginIdentity) mark() events.Mark {
	return events.Mark{Parent: r.Plugin, Number: int64(r.Active), Status: r.Version, To: int64(r.OpTime)}
}

// versionID names a version of a plug-in. Neither part can be mistaken for the other.
func versionID(plugin, version string) string {
	return url.PathEscape(plugin) + "/" + url.PathEscape(version)
}

// pluginVersion is a version as its row has it.
type pluginVersion struct {
	wanted
	of codearts.PluginRef
}

// pollPlugins reads the plug-ins (CodeArts Pipeline API 4.9.17), and everything about those that were edited: their versions
// (4.9.21), the details of these (4.9.22), their metrics, inputs and outputs (4.9.18 to 4.9.20), and at last the list of
// version numbers (4.9.23), which says that all of an edit was read.
func pollPlugins(ctx context.Context, p *Pass) error {
	seen, sweep, err := p.listed(events.Plugin, p.API.Plugins(ctx, p.Tenant.DomainID), func(row Row) (wanted, error) {
		var id pluginIdentity
		err := identify(row.Raw, &id)
		return wanted{id.Plugin, id.mark()}, err
	})
	if err != nil {
		return err
	}
	if p.Tenant.Depth.PluginLists {
		seen = nil
	}
	for portion := range slices.Chunk(p.edited(seen, events.PluginVersionList), pluginsPortion) {
		if err := p.pluginsEdited(ctx, portion); err != nil {
			return err
		}
	}
	return p.Swept(ctx, events.Plugin, sweep, nil)
}

// pluginsEdited reads all about some plug-ins. An API that the region does not publish is left out.
func (p *Pass) pluginsEdited(ctx context.Context, plugins []wanted) error {
	var versions []pluginVersion
	read := map[string]bool{} // plug-ins whose versions could be read
	err := p.apart(string(events.PluginVersion), plugins, func(plugins []wanted) error {
		for _, plugin := range plugins {
			published, err := p.pluginVersions(ctx, plugin.id)
			if err != nil && !p.Lost(events.PluginVersion, plugin.id, err) {
				return err
			}
			versions, read[plugin.id] = append(versions, published...), err == nil
		}
		return nil
	})
	if err := errors.Join(err, p.Commit(ctx)); err != nil {
		return err
	}
	for _, ask := range []func(context.Context, []pluginVersion) error{p.pluginDetails, p.pluginMetrics, p.pluginInputs, p.pluginOutputs} {
		if err := ask(ctx, versions); err != nil {
			return err
		}
	}
	return p.pluginNumbers(ctx, plugins, versions, read)
}

// pluginVersions reads the versions of a plug-in, and returns those that are published: a draft has no number by which
// anything could be asked about it.
func (p *Pass) pluginVersions(ctx context.Context, plugin string) (published []pluginVersion, err error) {
	refs := map[string]codearts.PluginRef{}
	seen, _, err := p.listed(events.PluginVersion, p.API.PluginVersions(ctx, p.Tenant.DomainID, plugin), func(row Row) (wanted, error) {
		var v pluginIdentity
		err := identify(row.Raw, &v)
		if err == nil && v.Plugin != plugin {
			err = fmt.Errorf("a version of the plug-in %q came as one of %q", v.Plugin, plugin)
		}
		id := versionID(v.Plugin, v.Version)
		refs[id] = codearts.PluginRef{Plugin: v.Plugin, Version: v.Version, Attribution: v.Attribution, VersionAttribution: v.VersionAttribution}
		return wanted{id, v.mark()}, err
	})
	for _, v := range seen {
		if of := refs[v.id]; of.Version != "" {
			published = append(published, pluginVersion{v, of})
		}
	}
	return published, err
}

// editedVersions are the versions whose detail of a kind is not known as they are now.
func (p *Pass) editedVersions(versions []pluginVersion, detail events.Kind) (plan []wanted, of map[string]codearts.PluginRef) {
	of = map[string]codearts.PluginRef{}
	var all []wanted
	for _, v := range versions {
		all, of[v.id] = append(all, v.wanted), v.of
	}
	return p.edited(all, detail), of
}

func (p *Pass) pluginDetails(ctx context.Context, versions []pluginVersion) error {
	plan, of := p.editedVersions(versions, events.PluginVersionDetail)
	return p.apart(string(events.PluginVersionDetail), plan, func(plan []wanted) error {
		return p.fetch(ctx, events.PluginVersionDetail, "PluginVersion", plan, func(ctx context.Context, w wanted) (json.RawMessage, error) {
			return p.API.PluginVersion(ctx, p.Tenant.DomainID, of[w.id].Plugin, of[w.id].Version)
		})
	})
}

// pluginNumbers reads the version numbers of some plug-ins. A list is marked with the edit that it belongs to, unless
// something of that edit could not be read: then the plug-in is read again by the next process.
func (p *Pass) pluginNumbers(ctx context.Context, plugins []wanted, versions []pluginVersion, read map[string]bool) error {
	var missing map[string]bool
	p.Look(func(k Known) { missing = planMissing(versions, k) })
	err := p.apart(string(events.PluginVersionList), plugins, func(plugins []wanted) error {
		for _, plugin := range plugins {
			edit := plugin.mark
			if missing[plugin.id] || !read[plugin.id] {
				edit = events.Mark{}
			}
			if _, err := p.versionNumbers(ctx, events.PluginVersionList, plugin.id, edit); err != nil && !p.Lost(events.PluginVersionList, plugin.id, err) {
				return err
			}
		}
		return nil
	})
	return errors.Join(err, p.asked(ctx, events.PluginVersionList, plugins))
}

// versionNumbers reads the list of the published versions of one plug-in.
func (p *Pass) versionNumbers(ctx context.Context, kind events.Kind, plugin string, edit events.Mark) ([]string, error) {
	asked := p.now()
	body := events.PluginVersionsBody{Plugin: plugin, Edit: edit.String(), Versions: []json.RawMessage{}}
	var numbers []string
	for page, err := range p.API.PluginVersionNumbers(ctx, p.Tenant.DomainID, plugin) {
		if err != nil {
			return nil, err
		}
		p.Page()
		for i, raw := range page.Items {
			var number string
			if err := identify(raw, &number); err != nil {
				p.Odd(kind, Row{Raw: raw, API: page.API, At: page.Offset + i, Asked: asked}, err)
				continue
			}
			body.Versions, numbers = append(body.Versions, raw), append(numbers, number)
		}
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return nil, fmt.Errorf("writing the versions of the plug-in %s: %w", plugin, err)
	}
	p.Saw("", kind, plugin, Row{Raw: raw, API: "PluginVersionNumbers", Asked: asked}, edit)
	return numbers, nil
}
