package codeartstest

import (
	"net/http"
	"slices"
	"strings"
	"time"
)

// Rule is a rule of the tenant: thresholds on what a plug-in reports.
type Rule struct {
	Type          string // Build, Gate or Test
	Name          string
	Plugin        string // id and name of the plug-in
	PluginVersion string
	Groups        []RuleGroup
}

// RuleGroup is a group of thresholds.
type RuleGroup struct {
	Name       string
	CanModify  bool // may a policy that inherits the rule change it
	Thresholds []Threshold
}

// Threshold is one condition. Its value is a number in a text.
type Threshold struct {
	Key, Name string
	Operator  string // = or >=
	Value     string
}

func (r Rule) clone() Rule {
	r.Groups = cloneGroups(r.Groups)
	return r
}

func cloneGroups(groups []RuleGroup) []RuleGroup {
	groups = slices.Clone(groups)
	for i := range groups {
		groups[i].Thresholds = slices.Clone(groups[i].Thresholds)
	}
	return groups
}

// SetRule adds a rule (id "") or edits it from a time on, and returns its id.
func (w *World) SetRule(id string, at time.Time, by User, rule Rule) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.setRule(id, at, by, rule)
}

func (w *World) setRule(id string, at time.Time, by User, rule Rule) string {
	return setPolicy(w, &w.rules, "rule", id, "", at, by, rule)
}

// DeleteRule takes a rule away from a time on. The rule sets keep their copies of it.
func (w *World) DeleteRule(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	deletePolicy(w.rules, id, at)
}

// ruleRow is a row of Pipeline API 4.4.2.
type ruleRow struct {
	ID          string `json:"id"`
	Type        string `json:"type"`
	Name        string `json:"name"`
	Version     string `json:"version"`
	Operator    string `json:"operator"` // a name, not an id
	OperateTime int64  `json:"operate_time"`
}

// ruleDetail is the answer of Pipeline API 4.4.1.
type ruleDetail struct {
	ID            string         `json:"id"`
	Type          string         `json:"type"`
	Name          string         `json:"name"`
	Version       string         `json:"version"`
	PluginID      string         `json:"plugin_id"`
	PluginName    string         `json:"plugin_name"`
	PluginVersion string         `json:"plugin_version"`
	Content       []ruleGroupRow `json:"content"`
	Creator       string         `json:"creator"` // an id
	CreateTime    string         `json:"create_time"`
	Updater       *string        `json:"updater,omitempty"`
	Update        *string        `json:"update,omitempty"`
	UpdateTime    string         `json:"update_time"`
}

// ruleGroupRow is a RuleContent.
type ruleGroupRow struct {
	Name       string         `json:"group_name"`
	CanModify  bool           `json:"can_modify_when_inherit"`
	Properties []thresholdRow `json:"properties"`
}

// thresholdRow is a RuleProperty.
type thresholdRow struct {
	Key       string `json:"key"`
	Type      string `json:"type"`
	Name      string `json:"name"`
	ValueType string `json:"value_type"`
	Value     string `json:"value"`
	Operator  string `json:"operator"`
}

// ruleList answers Pipeline API 4.4.2. The rules of a tenant belong to all its projects, so cloud_project_id changes nothing.
func (t *Tenant) ruleList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	kind, name := r.query.Get("type"), r.query.Get("name")
	found := listPolicies(t.world.rules, r.now, func(s policyState[Rule]) bool {
		return (kind == "" || s.value.Type == kind) && contains(s.value.Name, name)
	})
	return answerPage(t, r, "", found, func(s policyState[Rule]) ruleRow {
		return ruleRow{s.id, s.value.Type, s.value.Name, s.version, s.updater.Name, s.updated.UnixMilli()}
	})
}

// contains is the fuzzy search for a name.
func contains(name, part string) bool {
	return strings.Contains(strings.ToLower(name), strings.ToLower(part))
}

// ruleDetail answers Pipeline API 4.4.1.
func (t *Tenant) ruleDetail(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	s, ok := findPolicy(t.world.rules, "", r.PathValue("id"), r.now)
	if !ok {
		return missing()
	}
	row := ruleDetail{
		ID: s.id, Type: s.value.Type, Name: s.value.Name, Version: s.version, PluginID: s.value.Plugin, PluginName: s.value.Plugin,
		PluginVersion: s.value.PluginVersion, Content: groupContent(s.value.Groups),
		Creator: s.creator.ID, CreateTime: t.local(s.created), UpdateTime: t.local(s.updated),
	}
	row.Updater, row.Update = t.editor(s.updater.ID, SpellingUpdater)
	return answer(http.StatusOK, row)
}

func groupContent(groups []RuleGroup) []ruleGroupRow {
	rows := []ruleGroupRow{}
	for _, g := range groups {
		row := ruleGroupRow{Name: g.Name, CanModify: g.CanModify, Properties: []thresholdRow{}}
		for _, p := range g.Thresholds {
			row.Properties = append(row.Properties, thresholdRow{p.Key, "judge", p.Name, "float", p.Value, p.Operator})
		}
		rows = append(rows, row)
	}
	return rows
}
