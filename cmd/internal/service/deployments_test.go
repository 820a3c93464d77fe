package service

import (
	"slices"
	"strings"
	"testing"
	"time"
)

const wrongRules = `
deployments:
  attribution: 10s
  rollback: 2161h
  zone: +08:00
  rules:
    - {name: a, stage: "(", service: "{1}", pipeline: "^x$"}
    - {name: a, pipeline_id: shop, marker: urgent}
    - {stage: x, ignore: true, service: y}
    - {name: b}
  markers:
    - {kind: fix, message: "[z"}
    - {kind: hotfix}
`

func TestWrongDeploymentRules(t *testing.T) {
	_, err := Parse([]byte(wrongRules), 0)
	if err == nil {
		t.Fatal("wrong rules are accepted")
	}
	lines := strings.Split(err.Error(), "\n")
	for _, want := range [][2]string{
		{"deployments.attribution: ", "10s is not between"},
		{"deployments.rollback: ", "2161h0m0s is not between"},
		{"deployments.zone: ", `"+08:00" is no zone`},
		{"deployments.rules[0] (a).stage: ", `"(" is no RE2 expression`},
		{"deployments.rules[0] (a).service: ", "no group in round brackets"},
		{"deployments.rules[1] (a).name: ", "rules[0] has the same name"},
		{"deployments.rules[1] (a).pipeline_id: ", `"shop" is no pipeline id`},
		{"deployments.rules[1] (a).marker: ", `"urgent" is not hotfix, rollback or bug`},
		{"deployments.rules[2] ().name: ", "is missing"},
		{"deployments.rules[2] (): ", "ignores what it selects"},
		{"deployments.rules[3] (b): ", "has no condition"},
		{"deployments.markers[0].kind: ", `"fix" is not`},
		{"deployments.markers[0].message: ", `"[z" is no RE2 expression`},
		{"deployments.markers[1]: ", "has no branch, tag or message"},
	} {
		i := slices.IndexFunc(lines, func(line string) bool { return strings.HasPrefix(line, want[0]) && strings.Contains(line, want[1]) })
		if i < 0 {
			t.Errorf("no line says %q ... %q", want[0], want[1])
			continue
		}
		lines = slices.Delete(lines, i, i+1)
	}
	if len(lines) > 0 {
		t.Errorf("lines that nobody expects:\n%s", strings.Join(lines, "\n"))
	}
	if _, err := Parse([]byte("deployments: {revision: 2}"), 0); err == nil || !strings.Contains(err.Error(), "the other keys would do nothing") {
		t.Errorf("a revision without rules: %v", err)
	}
}

func TestRuleSetOfTheConfiguration(t *testing.T) {
	if c := Default(); c.Deployments.RuleSet() != nil {
		t.Error("without rules there is a rule set")
	}
	c, err := Parse([]byte("deployments: {rollback: 2h, rules: [{name: a, stage: x}, {name: b, stage: y, ignore: true}]}"), 0)
	if err != nil {
		t.Fatal(err)
	}
	s := c.Deployments.RuleSet()
	if s.AttributionMS != 24*time.Hour.Milliseconds() || s.RollbackMS != 2*time.Hour.Milliseconds() || s.Zone != "UTC" {
		t.Errorf("the rule set is %+v", s)
	}
	if r := s.Rules[0]; r.Service != "{pipeline}" || r.Environment != "production" {
		t.Errorf("the defaults of a rule are %+v", r)
	}
	if r := s.Rules[1]; r.Service+r.Environment != "" {
		t.Errorf("a rule that ignores has %+v", r)
	}
}
