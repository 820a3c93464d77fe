package codeartstest

import (
	"net/http"
	"slices"
	"strconv"
	"time"
)

// RuleSet is a rule set of the tenant or a policy of a project.
type RuleSet struct {
	Name      string
	Valid     bool
	Public    bool // made by the system
	Instances []RuleInstance
}

// RuleInstance is a rule in a rule set: a copy of the rule as it is when the set is edited. Later edits of the rule reach
// the set with the set's own next edit.
type RuleInstance struct {
	RuleID string
	Valid  bool
	Groups []RuleGroup // thresholds of its own instead of the rule's; nil means the rule's
}

func (s RuleSet) clone() RuleSet {
	s.Instances = slices.Clone(s.Instances)
	for i := range s.Instances {
		s.Instances[i].Groups = cloneGroups(s.Instances[i].Groups)
	}
	return s
}

// SetRuleSet adds a rule set (id "") of the tenant (projectID "") or of a project, or edits it from a time on, and returns
// its id.
func (w *World) SetRuleSet(projectID, id string, at time.Time, by User, set RuleSet) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.setRuleSet(projectID, id, at, by, set)
}

func (w *World) setRuleSet(projectID, id string, at time.Time, by User, set RuleSet) string {
	if projectID != "" {
		w.mustProject(projectID)
	}
	for _, i := range set.Instances {
		if !slices.ContainsFunc(w.rules, func(p *policy[Rule]) bool { return p.id == i.RuleID }) {
			panic("codeartstest: no such rule: " + i.RuleID)
		}
	}
	return setPolicy(w, &w.ruleSets, "ruleset", id, projectID, at, by, set)
}

// DeleteRuleSet takes a rule set away from a time on.
func (w *World) DeleteRuleSet(id string, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	deletePolicy(w.ruleSets, id, at)
}

// ruleSetRow is a row of Pipeline API 4.5.4 and 4.6.1.
type ruleSetRow struct {
	ID          string `json:"id"`
	Name        string `json:"name"`
	Level       string `json:"level"`
	Valid       bool   `json:"is_valid"`
	Version     string `json:"version"`
	Operator    string `json:"operator"` // a name, not an id
	Public      bool   `json:"is_public"`
	OperateTime int64  `json:"operate_time"`
}

// ruleSetDetail is the answer of Pipeline API 4.5.3 and 4.6.2.
type ruleSetDetail struct {
	ID         string            `json:"id"`
	Name       string            `json:"name"`
	Version    string            `json:"version"`
	Valid      bool              `json:"is_valid"`
	Creator    string            `json:"creator"` // an id
	CreateTime string            `json:"create_time"`
	Updater    *string           `json:"updater,omitempty"`
	Update     *string           `json:"update,omitempty"`
	UpdateTime string            `json:"update_time"`
	Instances  []ruleInstanceRow `json:"rule_instances"`
}

// ruleInstanceRow is a RuleInstance.
type ruleInstanceRow struct {
	ID            string         `json:"id"`
	Type          string         `json:"type"`
	Name          string         `json:"name"`
	Valid         bool           `json:"is_valid"`
	Version       string         `json:"version"`
	PluginID      string         `json:"plugin_id"`
	PluginName    string         `json:"plugin_name"`
	PluginVersion string         `json:"plugin_version"`
	Content       []ruleGroupRow `json:"content"`
}

// instances are the rules of a set, as they were when the set was last edited.
func (w *World) instances(s policyState[RuleSet]) []RuleInstanceTruth {
	var rows []RuleInstanceTruth
	for _, in := range s.value.Instances {
		rule, ok := findPolicy(w.rules, "", in.RuleID, s.updated)
		if !ok { // deleted or not yet made when the set was edited
			continue
		}
		row := RuleInstanceTruth{
			ID: w.id("instance", s.id, in.RuleID), RuleID: in.RuleID, Version: rule.version, Valid: in.Valid, Rule: rule.value.clone(),
		}
		if in.Groups != nil {
			row.Version, row.Rule.Groups = w.id("version", s.id, in.RuleID, s.version), cloneGroups(in.Groups)
		}
		rows = append(rows, row)
	}
	return rows
}

func levelOf(projectID string) string {
	if projectID == "" {
		return "tenant"
	}
	return "project"
}

// ruleSetList answers Pipeline API 4.5.4. include_tenant_rule_set is documented as mandatory and missing in the example: it
// changes nothing here.
func (t *Tenant) ruleSetList(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	return t.ruleSets(r, func(project string) bool { return project == "" })
}

// projectRuleSetList answers Pipeline API 4.6.1.
func (t *Tenant) projectRuleSetList(r *request) response {
	p, refused := t.project(r)
	if refused != nil {
		return *refused
	}
	withTenant := r.query.Get("include_tenant_rule_set") == "true"
	return t.ruleSets(r, func(project string) bool { return project == p.id || project == "" && withTenant })
}

func (t *Tenant) ruleSets(r *request, belongs func(project string) bool) response {
	valid, err := strconv.ParseBool(r.query.Get("is_valid"))
	anyValid := err != nil
	found := listPolicies(t.world.ruleSets, r.now, func(s policyState[RuleSet]) bool {
		return belongs(s.projectID) && contains(s.value.Name, r.query.Get("name")) && (anyValid || s.value.Valid == valid)
	})
	return answerPage(t, r, "", found, func(s policyState[RuleSet]) ruleSetRow {
		return ruleSetRow{s.id, s.value.Name, levelOf(s.projectID), s.value.Valid, s.version, s.updater.Name, s.value.Public, s.updated.UnixMilli()}
	})
}

// ruleSetDetail answers Pipeline API 4.5.3.
func (t *Tenant) ruleSetDetail(r *request) response {
	if refused := t.foreign(r); refused != nil {
		return *refused
	}
	return t.ruleSet(r, "", SpellingUpdater)
}

// projectRuleSetDetail answers Pipeline API 4.6.2.
func (t *Tenant) projectRuleSetDetail(r *request) response {
	p, refused := t.project(r)
	if refused != nil {
		return *refused
	}
	return t.ruleSet(r, p.id, SpellingUpdate)
}

func (t *Tenant) ruleSet(r *request, project string, printed Spelling) response {
	s, ok := findPolicy(t.world.ruleSets, project, r.PathValue("id"), r.now)
	if !ok {
		return missing()
	}
	row := ruleSetDetail{
		ID: s.id, Name: s.value.Name, Version: s.version, Valid: s.value.Valid, Creator: s.creator.ID, CreateTime: t.local(s.created),
		UpdateTime: t.local(s.updated), Instances: []ruleInstanceRow{},
	}
	row.Updater, row.Update = t.editor(s.updater.ID, printed)
	for _, in := range t.world.instances(s) {
		row.Instances = append(row.Instances, ruleInstanceRow{
			ID: in.ID, Type: in.Rule.Type, Name: in.Rule.Name, Valid: in.Valid, Version: in.Version, PluginID: in.Rule.Plugin,
			PluginName: in.Rule.Plugin, PluginVersion: in.Rule.PluginVersion, Content: groupContent(in.Rule.Groups),
		})
	}
	return answer(http.StatusOK, row)
}
