package pollers

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// detailAPIs are those that are asked for one configuration each.
var detailAPIs = []codeartstest.API{
	codeartstest.APITemplate, codeartstest.APIRule, codeartstest.APIRuleSet, codeartstest.APIProjectRuleSet,
	codeartstest.APIOpenSourcePolicy, codeartstest.APIProjectOpenSourcePolicy,
}

// configs compares list rows and details of the log with what is true at CodeArts. What was deleted there is still in the
// log.
func (w *world) configs(truth codeartstest.Truth) {
	w.Helper()
	rules, _ := w.last(events.RuleDetail)
	for _, r := range truth.Rules {
		w.config(events.Rule, r.ID, r.ProjectID, r.Value.Name, r.Version, r.Updated)
		content, _ := rules[r.ID]["content"].([]any)
		w.number("groups of the rule "+r.Value.Name, len(content), len(r.Value.Groups))
		for i, g := range r.Value.Groups {
			properties, _ := content[i].(map[string]any)["properties"].([]any)
			w.number("thresholds of the rule "+r.Value.Name, len(properties), len(g.Thresholds))
			for j, threshold := range g.Thresholds {
				w.field(r.Value.Name, properties[j].(map[string]any), "value", threshold.Value)
			}
		}
	}
	sets, _ := w.last(events.RuleSetDetail)
	for _, s := range truth.RuleSets {
		w.config(events.RuleSet, s.ID, s.ProjectID, s.Value.Name, s.Version, s.Updated)
		w.field(s.Value.Name, sets[s.ID], "is_valid", s.Value.Valid)
		instances, _ := sets[s.ID]["rule_instances"].([]any)
		w.number("rules of the set "+s.Value.Name, len(instances), len(s.Instances))
		for i, in := range s.Instances {
			w.field(s.Value.Name, instances[i].(map[string]any), "id", in.ID)
			w.field(s.Value.Name, instances[i].(map[string]any), "is_valid", in.Valid)
		}
	}
	policies, _ := w.last(events.OpenSourceRuleSetDetail)
	for _, o := range truth.OpenSourcePolicies {
		w.config(events.OpenSourceRuleSet, o.ID, o.ProjectID, o.Value.Name, o.Version, o.Updated)
		content, _ := policies[o.ID]["content"].(map[string]any)
		security, _ := content["security"].(map[string]any)
		w.field(o.Value.Name, security, "enable", o.Value.SecurityEnabled)
	}
	templates, _ := w.last(events.TemplateDetail)
	for _, o := range truth.Templates {
		w.config(events.Template, o.ID, "", o.Value.Name, "", o.Updated)
		w.field(o.Value.Name, templates[o.ID], "name", o.Value.Name)
		if templates[o.ID]["definition"] == "" {
			w.Errorf("the template %s has no definition", o.Value.Name)
		}
	}
	if len(truth.Rules) == 0 || len(truth.RuleSets) == 0 || len(truth.OpenSourcePolicies) == 0 || len(truth.Templates) == 0 {
		w.Errorf("the truth has %d rules, %d rule sets, %d open-source policies, %d templates", len(truth.Rules), len(truth.RuleSets), len(truth.OpenSourcePolicies), len(truth.Templates))
	}
}

// config compares what every list row and its detail have.
func (w *world) config(kind events.Kind, id, project, name, version string, updated time.Time) {
	w.Helper()
	if project == "" {
		project = events.TenantScope
	}
	rows, rowScopes := w.last(kind)
	details, scopes := w.last(kind + "_detail")
	if rowScopes[id] != project || scopes[id] != project {
		w.Errorf("%s %s is in the scopes %q and %q, want %q", kind, name, rowScopes[id], scopes[id], project)
	}
	w.field(name, rows[id], "name", name)
	w.field(name, details[id], "name", name)
	if kind == events.Template {
		w.field(name, rows[id], "update_time", updated)
		return
	}
	w.field(name, rows[id], "version", version)
	w.field(name, rows[id], "operate_time", updated)
	w.field(name, details[id], "version", version)
}

// asked returns how many details f asked for, by API.
func (w *world) asked(f func()) map[codeartstest.API]int {
	calls, out := w.calls(f), map[codeartstest.API]int{}
	for _, api := range detailAPIs {
		if n := calls[string(api)]; n > 0 {
			out[api] = n
		}
	}
	return out
}

func TestConfigsEqualTruth(t *testing.T) {
	w := small(t)
	w.quiet()
	w.configs(w.sim.Truth(w.clock.now()))
	for _, poller := range []string{"rules", "rule_sets", "project_rule_sets", "open_source", "project_open_source", "templates"} {
		if polls := w.polls(poller); len(polls) == 0 || !polls[0].Complete || polls[0].Errors != 0 || polls[0].Total == 0 {
			t.Errorf("the rounds of %s: %+v", poller, polls)
		}
	}
	for range 6 { // edits happen all the time
		w.clock.forward(5 * time.Minute)
		w.quiet()
		w.configs(w.sim.Truth(w.clock.now()))
	}
}

func TestConfigDetailsAreAskedForOncePerEdit(t *testing.T) {
	w := small(t)
	first := w.asked(w.quiet)
	truth := w.sim.Truth(w.clock.now())
	if first[codeartstest.APIRule] != len(truth.Rules) || first[codeartstest.APITemplate] != len(truth.Templates) {
		t.Errorf("the first rounds ask for %v, there are %d rules and %d templates", first, len(truth.Rules), len(truth.Templates))
	}
	for _, restart := range []bool{false, true} {
		if restart {
			w.start()
		}
		if got := w.asked(func() { w.want(w.once()) }); len(got) != 0 {
			t.Errorf("nothing was edited, restart %t, and still details are asked for: %v", restart, got)
		}
	}

	rule := truth.Rules[0]
	edited := rule.Value
	edited.Groups = []codeartstest.RuleGroup{{Name: "g", Thresholds: []codeartstest.Threshold{{Key: "k", Name: "n", Operator: ">=", Value: "0.25"}}}}
	w.clock.forward(time.Second)
	w.sim.World().SetRule(rule.ID, w.clock.now(), rule.Creator, edited)
	got := w.asked(func() {
		w.want(w.once(), events.TenantScope+" rule "+rule.ID+" changed", events.TenantScope+" rule_detail "+rule.ID+" changed")
	})
	if len(got) != 1 || got[codeartstest.APIRule] != 1 {
		t.Errorf("one rule was edited, asked for are %v", got)
	}
	if got := w.asked(func() { w.want(w.once()) }); len(got) != 0 {
		t.Errorf("the round after the edit asks for %v", got)
	}
	w.configs(w.sim.Truth(w.clock.now()))
}

// A detail that CodeArts does not give is not asked for again while its row stays as it is, and does not stop the others.
func TestConfigDetailIsGone(t *testing.T) {
	w := small(t)
	w.sim.Inject(codeartstest.APIRule, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: 404, Code: "DEVCP.00012002"})
	w.quiet()
	rules := len(w.sim.Truth(w.clock.now()).Rules)
	if details, _ := w.last(events.RuleDetail); len(details) != rules-1 {
		t.Errorf("%d details of %d rules, want all but one", len(details), rules)
	}
	if got := w.asked(func() { w.want(w.once()) }); len(got) != 0 {
		t.Errorf("asked again for %v", got)
	}
}

// An API that the region does not publish is asked once an hour, and one warning says so the first time.
func TestNotInRegion(t *testing.T) {
	w := small(t)
	var log bytes.Buffer
	w.collector.Slog = slog.New(slog.NewTextHandler(&log, nil))
	api := codeartstest.APIOpenSourcePolicies
	w.sim.Inject(api, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: 404, Code: "APIGW.0101", Times: -1})
	calls := func() int { return w.calls(func() { w.once() })[string(api)] }
	for _, step := range []struct {
		after time.Duration
		calls int
		lines int
	}{{0, 1, 1}, {5 * time.Minute, 0, 0}, {54 * time.Minute, 0, 0}, {time.Minute, 1, 0}, {time.Minute, 0, 0}} {
		w.clock.forward(step.after)
		log.Reset()
		if n := calls(); n != step.calls {
			t.Errorf("%d calls %v later, want %d", n, step.after, step.calls)
		}
		if n := strings.Count(log.String(), "poller=open_source "); n != step.lines || n > 0 && !strings.Contains(log.String(), "APIGW.0101") {
			t.Errorf("%d lines in the log %v later, want %d: %s", n, step.after, step.lines, log.String())
		}
	}
	if polls := w.polls("open_source"); len(polls) != 0 { // a record would make it look fresh
		t.Errorf("a poller that rests says that it has polled: %+v", polls)
	}
	stored, scopes := w.last(events.OpenSourceRuleSet)
	for id := range stored {
		if scopes[id] == events.TenantScope {
			t.Errorf("the policy %s came from an API that is not there", id)
		}
	}
	if len(stored) == 0 {
		t.Error("the policies of the projects are missing: their API is there")
	}
	w.sim.Heal()
	w.clock.forward(time.Hour)
	w.quiet()
	w.configs(w.sim.Truth(w.clock.now()))
}

func TestPlanConfigs(t *testing.T) {
	mark := func(version string, at int64) events.Mark { return events.Mark{Status: version, To: at} }
	heads := events.NewHeads()
	for id, head := range map[events.EntityID]events.Head{
		{Kind: events.RuleDetail, ID: "known"}:      {Op: events.Created, Mark: mark("a", 1)},
		{Kind: events.RuleDetail, ID: "version"}:    {Op: events.Created, Mark: mark("a", 1)},
		{Kind: events.RuleDetail, ID: "time"}:       {Op: events.Changed, Mark: mark("a", 1)},
		{Kind: events.RuleDetail, ID: "gone"}:       {Op: events.Deleted, Mark: mark("a", 1)},
		{Kind: events.RuleSetDetail, ID: "another"}: {Op: events.Created, Mark: mark("a", 1)},
	} {
		heads.Set(id, head)
	}
	known := Known{heads: heads}
	m := newMemo()
	m.try(events.RuleDetail, "tried", mark("a", 1), instant)
	m.try(events.RuleDetail, "tried before", mark("a", 1), instant)
	m.try(events.RuleSetDetail, "new", mark("a", 1), instant)
	rows := []wanted{{"new", mark("a", 1)}, {"known", mark("a", 1)}, {"version", mark("b", 1)}, {"time", mark("a", 2)}, {"gone", mark("a", 1)},
		{"another", mark("a", 1)}, {"tried", mark("a", 1)}, {"tried before", mark("b", 1)}}
	var got []string
	for _, w := range planConfigs(rows, known, events.RuleDetail, m.of(events.RuleDetail, instant)) {
		got = append(got, w.id)
	}
	if want := []string{"new", "version", "time", "gone", "another", "tried before"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
