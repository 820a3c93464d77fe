package schema

import (
	"strings"
	"testing"
)

func TestSelector(t *testing.T) {
	set := &RuleSet{Rules: []DeploymentRule{
		{Name: "not staging", Stage: "staging", Ignore: true},
		{Name: "not of one project", Project: "^Lab$", Stage: "^go live$", Ignore: true}, // whether it holds can not be told
		{Name: "another's", Tenant: "umbrella", Stage: ".*"},
		{Name: "shop", Tenant: "acme", Project: "^Web shop$", Pipeline: "-release$", Stage: "^deploy", Branch: "^(main|release/.*)$"},
		{Name: "tags", PipelineID: "p", Tag: "^v[0-9]"},
		{Name: "live", Stage: "^go live$"},
	}}
	for _, c := range []struct {
		why      string
		set      *RuleSet
		tenant   string
		run      RunFacts
		selected bool
	}{
		{"names of the project and the pipeline are not known", set, "acme", RunFacts{PipelineID: "q", Stages: []string{"build", "deploy shop"}, Branch: "main"}, true},
		{"another branch", set, "acme", RunFacts{PipelineID: "q", Stages: []string{"deploy shop"}, Branch: "topic"}, false},
		{"no such stage", set, "acme", RunFacts{PipelineID: "q", Stages: []string{"build"}, Branch: "main"}, false},
		{"no stage", set, "acme", RunFacts{PipelineID: "p", Tag: "v1"}, false},
		{"the first rule that holds decides", set, "acme", RunFacts{PipelineID: "p", Stages: []string{"deploy staging"}, Branch: "main", Tag: "v1"}, false},
		{"one stage is enough", set, "acme", RunFacts{PipelineID: "p", Stages: []string{"deploy staging", "deploy"}, Branch: "main"}, true},
		{"a tag of the pipeline", set, "acme", RunFacts{PipelineID: "p", Stages: []string{"build"}, Tag: "v2"}, true},
		{"a tag of another pipeline", set, "acme", RunFacts{PipelineID: "q", Stages: []string{"build"}, Tag: "v2"}, false},
		{"it may be of another project", set, "acme", RunFacts{PipelineID: "q", Stages: []string{"go live"}}, true},
		{"the rule of another tenant", set, "umbrella", RunFacts{PipelineID: "q", Stages: []string{"anything"}}, true},
		{"the built-in guess", nil, "acme", RunFacts{PipelineID: "q", Stages: []string{"Deploy to PROD"}}, true},
		{"not the built-in guess", nil, "acme", RunFacts{PipelineID: "q", Stages: []string{"deploy to test"}}, false},
	} {
		selects, err := c.set.Selector(c.tenant)
		if err != nil {
			t.Fatal(err)
		}
		if got := selects(c.run); got != c.selected {
			t.Errorf("%s: selected %t", c.why, got)
		}
	}
	if _, err := (&RuleSet{Rules: []DeploymentRule{{Name: "odd", Branch: "("}}}).Selector("acme"); err == nil || !strings.Contains(err.Error(), `"odd"`) {
		t.Errorf("an expression that is none: %v", err)
	}
}

// TestSelectorBuiltIn: the built-in guess is the view's.
func TestSelectorBuiltIn(t *testing.T) {
	conn := migratedDB(t)
	var stage string
	var rules uint64
	err := conn.QueryRow(t.Context(), "SELECT JSONExtractString(rules, 'rules', 1, 'stage'), JSONLength(rules, 'rules') FROM built_in_deployment_rules").Scan(&stage, &rules)
	if err != nil || rules != 1 || stage != builtInStage {
		t.Errorf("the view has %d rules, the first of the stage %q, not %q: %v", rules, stage, builtInStage, err)
	}
}
