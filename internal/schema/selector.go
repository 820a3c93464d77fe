package schema

import (
	"fmt"
	"regexp"
	"slices"
)

// RunFacts is what the summary of a run says that deployment rules look at.
type RunFacts struct {
	PipelineID  string
	Stages      []string // names
	Branch, Tag string
}

// builtInStage is the condition of the built-in guess (0029_deployment_rules.sql).
const builtInStage = `(?i)deploy.*prod|^prod|上线|production`

// Selector says, without a database, of which runs of a tenant a stage may be a deployment by the rules; nil is the built-in guess.
// Conditions on the names of projects, groups and pipelines, which a summary does not tell, count as met, so it selects
// too much rather than too little: it orders what is asked for first. What a deployment is says 0030_deployments.sql alone.
func (s *RuleSet) Selector(tenant string) (func(RunFacts) bool, error) {
	if s == nil {
		s = &RuleSet{Rules: []DeploymentRule{{Stage: builtInStage}}}
	}
	var rules []selectorRule
	for _, r := range s.Rules {
		named := r.Project+r.Group+r.Pipeline != ""
		if r.Tenant != "" && r.Tenant != tenant || r.Ignore && named {
			continue // it can not be said to ignore anything
		}
		rule := selectorRule{pipeline: r.PipelineID, ignore: r.Ignore}
		for _, e := range []struct {
			to   **regexp.Regexp
			text string
		}{{&rule.stage, r.Stage}, {&rule.branch, r.Branch}, {&rule.tag, r.Tag}} {
			compiled, err := regexp.Compile(e.text)
			if err != nil {
				return nil, fmt.Errorf("compiling an expression of the deployment rule %q: %w", r.Name, err)
			}
			*e.to = compiled
		}
		rules = append(rules, rule)
	}
	return func(f RunFacts) bool {
		return slices.ContainsFunc(f.Stages, func(stage string) bool {
			i := slices.IndexFunc(rules, func(r selectorRule) bool { return r.holds(f, stage) })
			return i >= 0 && !rules[i].ignore
		})
	}, nil
}

// selectorRule is a rule with the conditions that a summary can be held against.
type selectorRule struct {
	pipeline           string
	stage, branch, tag *regexp.Regexp // an empty one matches everything
	ignore             bool
}

func (r selectorRule) holds(f RunFacts, stage string) bool {
	return (r.pipeline == "" || r.pipeline == f.PipelineID) && r.stage.MatchString(stage) && r.branch.MatchString(f.Branch) && r.tag.MatchString(f.Tag)
}
