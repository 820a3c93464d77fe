package main

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/schema"

	"github.com/grafana/grafana-foundation-sdk/go/alerting"
	"github.com/grafana/grafana-foundation-sdk/go/cog/plugins"
)

// provisioned is the file of rules as Grafana will read it.
type provisioned struct {
	APIVersion int
	Groups     []struct {
		OrgID                  int64
		Name, Folder, Interval string
		Rules                  []map[string]json.RawMessage
	}
}

func readRules(t *testing.T) provisioned {
	t.Helper()
	text, err := os.ReadFile("provisioning/alerting/rules.json")
	if err != nil {
		t.Fatal(err)
	}
	var file provisioned
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	return file
}

// Every rule is what the SDK knows as a rule, but for what only the file has.
func TestAlertRulesDecodeStrictly(t *testing.T) {
	plugins.RegisterDefaultPlugins()
	n := 0
	for _, g := range readRules(t).Groups {
		for _, rule := range g.Rules {
			n++
			for _, own := range []string{"dashboardUid", "panelId"} {
				if rule[own] == nil {
					t.Errorf("%s: a rule has no %s", g.Name, own)
				}
				delete(rule, own)
			}
			for name, of := range map[string]string{"folderUID": `"x"`, "orgID": "1", "ruleGroup": `"x"`} {
				if rule[name] != nil {
					t.Errorf("%s: a rule has %s, which belongs to its group", g.Name, name)
				}
				rule[name] = json.RawMessage(of)
			}
			text, err := json.Marshal(rule)
			if err != nil {
				t.Fatal(err)
			}
			var r alerting.Rule
			if err := r.UnmarshalJSONStrict(text); err != nil {
				t.Errorf("%s: %v\n%s", g.Name, err, text)
			}
		}
	}
	if n < 12 {
		t.Errorf("%d rules", n)
	}
}

// What each rule must have for Grafana to load it, evaluate it and tell it.
func TestAlertModel(t *testing.T) {
	panels := map[string][]int{}
	all, _ := generate(t)
	for _, g := range all {
		for _, p := range g.dataPanels() {
			panels[g.UID] = append(panels[g.UID], p.ID)
		}
	}
	uids, titles, queries := map[string]bool{}, map[string]bool{}, []string{}
	for _, g := range alerts() {
		every, err := time.ParseDuration(g.interval)
		if err != nil || every%(10*time.Second) != 0 || every == 0 {
			t.Errorf("%s: Grafana evaluates in steps of 10 s, not every %q", g.name, g.interval)
		}
		for _, a := range g.rules {
			if uids[a.uid] || titles[a.title] || len(a.uid) > 40 || !regexp.MustCompile(`^artery-[a-z-]+$`).MatchString(a.uid) {
				t.Errorf("uid %q, title %q: used twice or not of the form that Grafana takes", a.uid, a.title)
			}
			uids[a.uid], titles[a.title], queries = true, true, append(queries, a.query, a.why)
			if hold, err := time.ParseDuration(a.hold); err != nil || hold%every != 0 {
				t.Errorf("%s: for %s is no multiple of %s", a.uid, a.hold, g.interval)
			}
			if !slices.Contains(panels[a.page], int(a.panel)) {
				t.Errorf("%s: there is no panel %d on %s", a.uid, a.panel, a.page)
			}
			if !slices.Contains([]string{critical, warning, info}, a.severity) || a.runbook == "" {
				t.Errorf("%s: severity %q, runbook %q", a.uid, a.severity, a.runbook)
			}
			rule, err := a.build(g)
			if err != nil {
				t.Fatal(err)
			}
			// One rule alone speaks of a database that does not answer and of one in which nothing is. A query that fails ends no alert.
			wantErr, wantNoData := keep, fine
			switch {
			case a.uid == "artery-last-message":
				wantErr, wantNoData = outage, alarm
			case a.why != "":
				wantNoData = lost
			}
			if rule.ExecErrState != wantErr || rule.NoDataState != wantNoData {
				t.Errorf("%s: no data is %s, an error is %s", a.uid, rule.NoDataState, rule.ExecErrState)
			}
			var refs []string
			for _, q := range rule.Data {
				refs = append(refs, *q.RefId)
			}
			if want := []string{"A", "B", "C"}[:min(2+len(a.why), 3)]; rule.Condition != "B" || !slices.Equal(refs, want) {
				t.Errorf("%s: condition %s of the queries %v, want B of %v", a.uid, rule.Condition, refs, want)
			}
			for name, text := range rule.Annotations {
				if strings.Contains(text, "$") {
					t.Errorf("%s: annotation %s has a $, which provisioning takes for a variable", a.uid, name)
				}
			}
			for _, q := range rule.Data {
				asked, ok := q.Model.(Query)
				for _, frontEnd := range []string{"$__conditionalAll", "${", "$tenant", "$project", "$__interval", "{{"} {
					if ok && strings.Contains(asked.RawSQL, frontEnd) {
						t.Errorf("%s: %s in its SQL, and no front end to replace it", a.uid, frontEnd)
					}
				}
			}
		}
	}
	included := []string{"alert_red_stages", "alert_red_episodes", "alert_weakened_gates"}
	for _, name := range schema.Queries() {
		if strings.HasPrefix(name, "alert_") && !slices.Contains(queries, name) && !slices.Contains(included, name) {
			t.Errorf("no rule asks %s", name)
		}
	}
}

func TestAlertRouting(t *testing.T) {
	file, err := alertRouting()
	if err != nil {
		t.Fatal(err)
	}
	var points []string
	for _, c := range file.ContactPoints {
		points = append(points, c.Name)
		for _, r := range c.Receivers {
			settings := r.Settings.(map[string]string)
			if !strings.HasPrefix(string(r.Type), "$ARTERY_") || !strings.HasPrefix(settings["url"], "$ARTERY_") || *r.Uid == "" {
				t.Errorf("%s: type %s and settings %v come from the environment", c.Name, r.Type, settings)
			}
			for _, text := range []string{settings["title"], settings["message"], settings["text"]} {
				if text == "" || strings.Contains(text, "$") {
					t.Errorf("%s: %q is no template, or has a $, which provisioning takes for a variable", c.Name, text)
				}
			}
		}
	}
	if len(file.Policies) != 1 {
		t.Fatalf("%d policies for one organisation", len(file.Policies))
	}
	root := file.Policies[0].NotificationPolicy
	if root.Receiver == nil || len(root.GroupBy) == 0 {
		t.Errorf("the root policy %+v wants a receiver and a grouping", root)
	}
	for _, p := range append(root.Routes, root) {
		if p.Receiver != nil && !slices.Contains(points, *p.Receiver) {
			t.Errorf("a policy names the contact point %s", *p.Receiver)
		}
		for _, m := range p.MuteTimeIntervals {
			if m != file.MuteTimes[0].Name {
				t.Errorf("a policy names the mute timing %s", m)
			}
		}
		if p.RepeatInterval != nil && *p.RepeatInterval != "4d" {
			t.Errorf("repeated after %s: Grafana forgets what it sent after five days", *p.RepeatInterval)
		}
	}
}
