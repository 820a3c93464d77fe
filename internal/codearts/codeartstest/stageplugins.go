package codeartstest

import (
	"net/http"
	"slices"
	"time"
)

// StagePluginTruth is a plug-in that a stage or a pipeline may use, in its group.
type StagePluginTruth struct {
	Name         string // of a draft beside a formal version with .plugin_draft at its end
	DisplayName  string
	BusinessType string
	Attribution  string // of the version: formal or draft
	Version      string // "" for a draft
	Paged        bool   // Pipeline API 4.9.16 has it, else 4.9.14
}

// stagePluginHead is what 4.9.14 and 4.9.16 say of a plug-in.
type stagePluginHead struct {
	ID                 string     `json:"unique_id"`
	DisplayName        string     `json:"display_name"`
	Name               string     `json:"plugin_name"`
	Disabled           bool       `json:"disabled"`
	GroupName          *string    `json:"group_name"`
	GroupType          *string    `json:"group_type"`
	Attribution        string     `json:"plugin_attribution"`
	Composition        string     `json:"plugin_composition_type"`
	Runtime            string     `json:"runtime_attribution"`
	AllSteps           []struct{} `json:"all_steps"`
	Description        string     `json:"description"`
	VersionAttribution string     `json:"version_attribution"`
	Icon               string     `json:"icon_url"`
	MultiStepEditable  int        `json:"multi_step_editable"`
}

type stagePlugin struct {
	stagePluginHead
	Standard bool `json:"standard"`
}

type optionalPlugin struct {
	stagePluginHead
	Location    string  `json:"location"`
	PublisherID *string `json:"publisher_unique_id"`
	Manifest    string  `json:"manifest_version"`
}

// pluginGroup is a group of 4.9.14 and 4.9.16.
type pluginGroup[R any] struct {
	Plugins      []R      `json:"plugins_list"`
	DisplayName  string   `json:"display_name"`
	BusinessType string   `json:"business_type"`
	ID           string   `json:"unique_id"`
	Conditions   []string `json:"conditions"`
	Editable     bool     `json:"editable"`
	Removable    bool     `json:"removable"`
	Cloneable    bool     `json:"cloneable"`
	Disabled     bool     `json:"disabled"`
}

type stageGroup struct {
	pluginGroup[stagePlugin]
	Addables []struct{} `json:"addables"`
}

// businessTypes are the groups, in their order.
var businessTypes = []string{"Build", "Gate", "Deploy", "Test", "Normal"}

// usable is a version of a plug-in that may be chosen, and the name that it is shown by.
type usable struct {
	versionState
	name string
}

// usablePlugins are the newest formal version of each plug-in, and beside it its draft, group by group.
func (w *World) usablePlugins(at time.Time) []usable {
	var found []usable
	for _, p := range w.plugins {
		versions := w.versionsAt(p, at)
		if len(versions) > 1 && versions[0].value.Draft == "draft" {
			found = append(found, usable{versions[0], p.id + ".plugin_draft"})
		}
		if i := slices.IndexFunc(versions, func(v versionState) bool { return v.value.Draft == "" }); i >= 0 {
			found = append(found, usable{versions[i], p.id})
		}
	}
	place := func(u usable) int { return slices.Index(businessTypes, u.plugin.value.BusinessType) }
	slices.SortStableFunc(found, func(a, b usable) int { return place(a) - place(b) })
	return found
}

func (u usable) head() stagePluginHead {
	p := u.plugin.value
	return stagePluginHead{
		ID: u.id, DisplayName: p.DisplayName, Name: u.name, Disabled: p.Inactive, Attribution: p.attribution(), Composition: p.composition(), Runtime: "agent",
		Description: p.Description, VersionAttribution: u.value.attribution(), Icon: p.Icon,
	}
}

// grouped puts rows into the groups of their plug-ins; rows of one group stand together.
func grouped[R any](w *World, plugins []usable, row func(usable) R) []pluginGroup[R] {
	groups := []pluginGroup[R]{}
	for _, u := range plugins {
		kind := u.plugin.value.BusinessType
		if n := len(groups); n == 0 || groups[n-1].BusinessType != kind {
			groups = append(groups, pluginGroup[R]{DisplayName: businessNames[kind], BusinessType: kind, ID: w.id("plugin group", kind)})
		}
		last := &groups[len(groups)-1]
		last.Plugins = append(last.Plugins, row(u))
	}
	return groups
}

// stagePluginList answers Pipeline API 4.9.14: the official plug-ins.
func (t *Tenant) stagePluginList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	official := slices.DeleteFunc(t.world.usablePlugins(r.now), func(u usable) bool { return !u.plugin.value.Official })
	groups := []stageGroup{}
	for _, g := range grouped(t.world, official, func(u usable) stagePlugin { return stagePlugin{u.head(), true} }) {
		groups = append(groups, stageGroup{pluginGroup: g})
	}
	return answer(http.StatusOK, map[string]any{"full_stage_plugins_item_list": groups})
}

// optionalPluginList answers Pipeline API 4.9.16. Offset, limit and total count plug-ins; the rows are groups, of which one
// may go on on the next page.
func (t *Tenant) optionalPluginList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	var query struct {
		BusinessType string `json:"business_type"`
		Name         string `json:"regex_name"`
	}
	offset, asked, ok := extent(r)
	if err := decodeBody(r, &query); err != nil || !ok {
		return invalidBody()
	}
	found := slices.DeleteFunc(t.world.usablePlugins(r.now), func(u usable) bool {
		return query.BusinessType != "" && query.BusinessType != u.plugin.value.BusinessType || !contains(u.name, query.Name)
	})
	limit := min(asked, t.options.MaxPolicyPage)
	found = asFound(t, r, found, offset, limit)
	return answer(http.StatusOK, extensionPage[pluginGroup[optionalPlugin]]{
		Offset: offset, Limit: t.limit(asked, limit), Total: len(found),
		Data: grouped(t.world, page(found, offset, limit), func(u usable) optionalPlugin {
			head := u.head()
			head.MultiStepEditable = 1
			return optionalPlugin{head, "pipeline,service", orNull(u.plugin.value.PublisherID), "3"}
		}),
	})
}
