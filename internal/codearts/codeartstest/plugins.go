package codeartstest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"
	"time"
)

// Plugin is a plug-in with its versions, in the order in which they were made.
type Plugin struct {
	Name         string
	DisplayName  string
	Description  string
	Icon         string
	Official     bool // comes with CodeArts; else it is the tenant's own
	Multi        bool // made of several basic plug-ins
	Basic        bool // others may be made of it: it is listed by Pipeline API 4.9.15
	BusinessType string
	Maintainers  []string // user ids
	PublisherID  string
	Inactive     bool
	Referred     int // pipelines that use it
	Versions     []PluginVersion
}

// PluginVersion is one version of a plug-in.
type PluginVersion struct {
	Number      string // "" for a draft
	Draft       string // how a draft is called: draft or init; "" for a formal version
	Description string
	Steps       [][3]string // name, task, and the value of its one variable
	Inputs      []PluginInput
	Outputs     [][2]string // name and description
	Metrics     [][2]string // key and value
}

// PluginInput is what a plug-in asks for.
type PluginInput struct {
	Name, Type, Label, Description, Default string
	Required                                bool
}

func (p Plugin) clone() Plugin {
	p.Maintainers, p.Versions = slices.Clone(p.Maintainers), slices.Clone(p.Versions)
	for i, v := range p.Versions {
		v.Steps, v.Inputs, v.Outputs, v.Metrics = slices.Clone(v.Steps), slices.Clone(v.Inputs), slices.Clone(v.Outputs), slices.Clone(v.Metrics)
		p.Versions[i] = v
	}
	return p
}

// SetPlugin adds a plug-in or edits it from a time on; its name says which. Versions that the edit changes are edited by its
// user at its time.
func (w *World) SetPlugin(at time.Time, by User, plugin Plugin) {
	w.mu.Lock()
	defer w.mu.Unlock()
	setPolicy(w, &w.plugins, "plugin", plugin.Name, "", at, by, plugin)
}

// DeletePlugin takes a plug-in away from a time on.
func (w *World) DeletePlugin(name string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	deletePolicy(w.plugins, name, at)
}

// versionState is a version of a plug-in as it is at a time, with who edited it last.
type versionState struct {
	plugin  policyState[Plugin]
	id      string
	updater User
	updated time.Time
	value   PluginVersion
}

// versionsAt are the versions of a plug-in at t, the newest first; none if it does not exist.
func (w *World) versionsAt(p *policy[Plugin], t time.Time) []versionState {
	state, ok := p.stateAt(t)
	if !ok {
		return nil
	}
	var found []versionState
	for _, v := range slices.Backward(state.value.Versions) {
		s := versionState{plugin: state, id: w.id("plugin version", p.id, v.Number), value: v}
		var before *PluginVersion
		for _, e := range p.edits {
			if e.at.After(t) {
				break
			}
			i := slices.IndexFunc(e.value.value.Versions, func(o PluginVersion) bool { return o.Number == v.Number })
			if i < 0 {
				before = nil
				continue
			}
			if now := &e.value.value.Versions[i]; before == nil || !reflect.DeepEqual(*before, *now) {
				s.updater, s.updated, before = e.value.by, e.at, now
			}
		}
		found = append(found, s)
	}
	return found
}

// pluginRow is a PluginBasicVO of Pipeline API 4.9.17 and 4.9.21. Nobody has seen usage_count other than null.
type pluginRow struct {
	Name               string  `json:"plugin_name"`
	DisplayName        string  `json:"display_name"`
	Version            string  `json:"version"`
	VersionDescription *string `json:"version_description"`
	Description        string  `json:"description"`
	VersionAttribution string  `json:"version_attribution"`
	ID                 string  `json:"unique_id"`
	OpUser             string  `json:"op_user"`
	OpTime             string  `json:"op_time"`
	Composition        string  `json:"plugin_composition_type"`
	Attribution        string  `json:"plugin_attribution"`
	Workspace          string  `json:"workspace_id"`
	BusinessType       string  `json:"business_type"`
	BusinessName       string  `json:"business_type_display_name"`
	Maintainers        string  `json:"maintainers"` // "" or JSON in a text
	Icon               string  `json:"icon_url"`
	ReferCount         *int    `json:"refer_count"`
	UsageCount         *int    `json:"usage_count"`
	Runtime            string  `json:"runtime_attribution"`
	Active             int     `json:"active"`
}

// businessNames are how the types of plug-ins are shown.
var businessNames = map[string]string{"Build": "Build", "Gate": "CodeCheck", "Deploy": "Deploy", "Test": "Test", "Normal": "General"}

func (v PluginVersion) attribution() string {
	if v.Draft != "" {
		return v.Draft
	}
	return "formal"
}

func (p Plugin) attribution() string {
	if p.Official {
		return "official"
	}
	return "custom"
}

func (p Plugin) composition() string {
	if p.Multi {
		return "multi"
	}
	return "single"
}

func (t *Tenant) pluginRow(s versionState) pluginRow {
	p := s.plugin.value
	row := pluginRow{
		Name: p.Name, DisplayName: p.DisplayName, Version: s.value.Number, VersionDescription: &s.value.Description, Description: p.Description,
		VersionAttribution: s.value.attribution(), ID: s.id, OpUser: s.updater.Name, OpTime: opTime(s.updated), Composition: p.composition(),
		Attribution: p.attribution(), Workspace: t.workspace(p), BusinessType: p.BusinessType, BusinessName: businessNames[p.BusinessType],
		Icon: p.Icon, ReferCount: &p.Referred, Runtime: "agent", Active: 1,
	}
	if s.value.Draft == "init" {
		row.VersionDescription, row.ReferCount = nil, nil
	}
	if p.Inactive {
		row.Active = 0
	}
	if len(p.Maintainers) > 0 {
		text, err := json.Marshal(p.Maintainers)
		if err != nil {
			panic("codeartstest: encoding maintainers: " + err.Error())
		}
		row.Maintainers = string(text)
	}
	return row
}

func (t *Tenant) workspace(p Plugin) string {
	if p.Official {
		return "*"
	}
	return t.world.tenant
}

// pluginList answers Pipeline API 4.9.17: of each plug-in the newest version.
func (t *Tenant) pluginList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	var query struct {
		Name          string   `json:"plugin_name"`
		Regex         string   `json:"regex_name"`
		BusinessTypes []string `json:"business_type"`
		Attribution   string   `json:"plugin_attribution"`
	}
	if err := decodeBody(r, &query); err != nil {
		return invalidBody()
	}
	found := t.newestVersions(r.now, func(p Plugin) bool {
		return contains(p.Name, query.Name) && contains(p.Name, query.Regex) && (query.Attribution == "" || query.Attribution == p.attribution()) &&
			(len(query.BusinessTypes) == 0 || slices.Contains(query.BusinessTypes, p.BusinessType))
	})
	return answerExtensions(t, r, found, t.pluginRow)
}

// newestVersions is the newest version of each plug-in that passes a filter, the last edited first.
func (t *Tenant) newestVersions(at time.Time, keep func(Plugin) bool) []versionState {
	var found []versionState
	for _, p := range t.world.plugins {
		if versions := t.world.versionsAt(p, at); len(versions) > 0 && keep(versions[0].plugin.value) {
			found = append(found, versions[0])
		}
	}
	slices.SortStableFunc(found, func(a, b versionState) int { return b.updated.Compare(a.updated) })
	return found
}

// pluginVersions are the versions of the plug-in that a query names, the newest first.
func (t *Tenant) pluginVersions(name string, at time.Time) []versionState {
	for _, p := range t.world.plugins {
		if p.id == name {
			return t.world.versionsAt(p, at)
		}
	}
	return nil
}

// pluginVersionList answers Pipeline API 4.9.21.
func (t *Tenant) pluginVersionList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	return answerExtensions(t, r, t.pluginVersions(r.query.Get("plugin_name"), r.now), t.pluginRow)
}

// versionNumbers answers Pipeline API 4.9.23 with a bare array, as printed, or a page, as in its table.
func (t *Tenant) versionNumbers(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	numbers := []string{}
	for _, v := range t.pluginVersions(r.query.Get("plugin_name"), r.now) {
		if v.value.Draft == "" {
			numbers = append(numbers, v.value.Number)
		}
	}
	if t.options.has(QuirkVersionPages) {
		return answerExtensions(t, r, numbers, func(number string) string { return number })
	}
	return answer(http.StatusOK, numbers)
}

// pluginDetail is the answer of Pipeline API 4.9.22.
type pluginDetail struct {
	Name               string           `json:"plugin_name"`
	DisplayName        string           `json:"display_name"`
	OpUser             string           `json:"op_user"`
	OpTime             string           `json:"op_time"`
	Version            string           `json:"version"`
	ID                 string           `json:"unique_id"`
	VersionDescription string           `json:"version_description"`
	VersionAttribution string           `json:"version_attribution"`
	Composition        string           `json:"plugin_composition_type"`
	Attribution        string           `json:"plugin_attribution"`
	Inputs             []pluginInputRow `json:"input_info"`
	Execution          pluginExecution  `json:"plugin_execution"`
	Runtime            string           `json:"runtime_attribution"`
}

type pluginExecution struct {
	LogicID   string       `json:"logic_id"`
	Name      string       `json:"plugin_name"`
	Version   string       `json:"version"`
	Instance  string       `json:"basic_instance_id"`
	Workspace string       `json:"workspace_id"`
	Type      string       `json:"execution_type"`
	Steps     []pluginStep `json:"steps"`
}

type pluginStep struct {
	Name      string            `json:"name"`
	Task      string            `json:"task"`
	Variables map[string]string `json:"variables"`
}

// pluginDetail answers Pipeline API 4.9.22.
func (t *Tenant) pluginDetail(r *request) response {
	s, refused := t.pluginVersion(r)
	if refused != nil {
		return *refused
	}
	p := s.plugin.value
	detail := pluginDetail{
		Name: p.Name, DisplayName: p.DisplayName, OpUser: s.updater.Name, OpTime: opTime(s.updated), Version: s.value.Number, ID: s.id,
		VersionDescription: s.value.Description, VersionAttribution: s.value.attribution(), Composition: p.composition(), Attribution: p.attribution(),
		Inputs: t.inputRows(s), Runtime: "agent",
		Execution: pluginExecution{Name: p.Name, Version: s.value.Number, Instance: s.id, Workspace: t.workspace(p), Type: "COMPOSITE", Steps: []pluginStep{}},
	}
	for _, step := range s.value.Steps {
		detail.Execution.Steps = append(detail.Execution.Steps, pluginStep{step[0], step[1], map[string]string{"OFFICIAL_SHELL_SCRIPT_INPUT": step[2]}})
	}
	return answer(http.StatusOK, detail)
}

// pluginVersion is the version that a query names, or the refusal.
func (t *Tenant) pluginVersion(r *request) (versionState, *response) {
	if refused := t.foreign(r); refused != nil {
		return versionState{}, refused
	}
	for _, v := range t.pluginVersions(r.query.Get("plugin_name"), r.now) {
		if v.value.Number == r.query.Get("version") {
			return v, nil
		}
	}
	refusal := missing()
	return versionState{}, &refusal
}
