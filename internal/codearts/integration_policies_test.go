package codearts_test

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"time"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"
)

// Every list and every detail of templates, rules and policies shows what is
// true, before and after the changes that the simulated people make.
func TestPoliciesAgainstTheTruth(t *testing.T) {
	for _, since := range []time.Duration{-time.Hour, 0, 30 * time.Minute} {
		now := origin.Add(since)
		tenant, clients := simulated(t, func() time.Time { return now })
		truth := tenant.Truth(now)
		for name, client := range clients {
			t.Run(name+" "+since.String(), func(t *testing.T) { comparePolicies(t.Context(), t, client, truth) })
		}
	}
}

func comparePolicies(ctx context.Context, t *testing.T, client *codearts.Client, truth codeartstest.Truth) {
	detail := must[json.RawMessage](t)
	domain := truth.TenantID
	var templates, rules []string
	for _, p := range truth.Templates {
		templates = append(templates, p.ID)
		compareName(t, detail(client.PipelineTemplate(ctx, domain, p.ID)), p.ID, p.Value.Name)
	}
	wantIDs(t, "templates", ids(t, all(t, client.PipelineTemplates(ctx, domain)), "id"), templates)
	for _, p := range truth.Rules {
		rules = append(rules, p.ID)
		compareName(t, detail(client.Rule(ctx, domain, p.ID)), p.ID, p.Value.Name)
	}
	wantIDs(t, "rules", ids(t, all(t, client.Rules(ctx, domain)), "id"), rules)

	ruleSets, openSource := map[string][]string{}, map[string][]string{}
	for _, p := range truth.RuleSets {
		ruleSets[p.ProjectID] = append(ruleSets[p.ProjectID], p.ID)
		if p.ProjectID == "" {
			compareName(t, detail(client.RuleSet(ctx, domain, p.ID)), p.ID, p.Value.Name)
		} else {
			compareName(t, detail(client.ProjectRuleSet(ctx, p.ProjectID, p.ID)), p.ID, p.Value.Name)
		}
	}
	for _, p := range truth.OpenSourcePolicies {
		openSource[p.ProjectID] = append(openSource[p.ProjectID], p.ID)
		if p.ProjectID == "" {
			compareName(t, detail(client.OpenSourceRuleSet(ctx, domain, p.ID)), p.ID, p.Value.Name)
		} else {
			compareName(t, detail(client.ProjectOpenSourceRuleSet(ctx, p.ProjectID, p.ID)), p.ID, p.Value.Name)
		}
	}
	wantIDs(t, "rule sets", ids(t, all(t, client.RuleSets(ctx, domain)), "id"), ruleSets[""])
	wantIDs(t, "open-source policies", ids(t, all(t, client.OpenSourceRuleSets(ctx, domain)), "id"), openSource[""])
	for _, p := range truth.Projects {
		wantIDs(t, "rule sets of "+p.Name, ids(t, all(t, client.ProjectRuleSets(ctx, p.ID)), "id"), ruleSets[p.ID])
		wantIDs(t, "open-source policies of "+p.Name, ids(t, all(t, client.ProjectOpenSourceRuleSets(ctx, p.ID)), "id"), openSource[p.ID])
	}
	if len(templates) < 5 || len(rules) != 8 || len(ruleSets[""]) != 3 || len(ruleSets) != len(truth.Projects)+1 {
		t.Errorf("the world has %d templates, %d rules and rule sets %v", len(templates), len(rules), ruleSets)
	}
}

func compareName(t *testing.T, detail json.RawMessage, id, name string) {
	t.Helper()
	var got struct{ ID, Name string }
	if err := json.Unmarshal(detail, &got); err != nil || got.ID != id || got.Name != name {
		t.Errorf("got %q %q, %v; want %q %q", got.ID, got.Name, err, id, name)
	}
}

// A region that does not publish the open-source APIs is told apart from a
// tenant without policies, and no other API suffers.
func TestAPIsThatARegionLacks(t *testing.T) {
	tenant, clients := simulated(t, standing)
	project, domain := tenant.World().ProjectIDs()[0], tenant.World().TenantID()
	gone := codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: 404, Code: "APIGW.0101", Times: -1}
	for _, api := range []codeartstest.API{codeartstest.APIOpenSourcePolicies, codeartstest.APIProjectOpenSourcePolicies} {
		tenant.Inject(api, gone)
	}
	missing := []string{"OpenSourceRuleSets", "ProjectOpenSourceRuleSets"}
	for name, client := range clients {
		for _, r := range client.Probe(t.Context(), project, domain) {
			want := codearts.Works
			switch {
			case slices.Contains(missing, r.API):
				want = codearts.Unpublished
			case r.API == "OpenSourceRuleSet" || r.API == "ProjectOpenSourceRuleSet":
				want = codearts.Skipped
			}
			if r.Verdict != want {
				t.Errorf("%s: %s is %q, want %q: %v", name, r.API, r.Verdict, want, r.Err)
			}
		}
	}
}
