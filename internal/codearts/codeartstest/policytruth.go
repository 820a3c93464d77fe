package codeartstest

import "time"

// PolicyTruth is a rule, an open-source policy or a template that exists, with all its edits so far.
type PolicyTruth[T any] struct {
	ID        string
	ProjectID string // "" if it belongs to the tenant
	Version   string // 32 hex, another one after each edit
	Creator   User
	Updater   User
	Created   time.Time
	Updated   time.Time
	Value     T
	Edits     []PolicyEdit[T] // the first one made it
}

// PolicyEdit is one edit of a policy.
type PolicyEdit[T any] struct {
	At      time.Time
	By      User
	Version string
	Value   T
}

// RuleSetTruth is a rule set that exists, with the rules in it.
type RuleSetTruth struct {
	PolicyTruth[RuleSet]
	Instances []RuleInstanceTruth
}

// RuleInstanceTruth is a rule in a rule set, with the thresholds that hold there.
type RuleInstanceTruth struct {
	ID      string
	RuleID  string
	Version string // of the rule that was copied, or its own if the set has its own thresholds
	Valid   bool
	Rule    Rule
}

// tellPolicies adds the rules, rule sets, open-source policies and templates.
func (w *World) tellPolicies(truth *Truth, at time.Time) {
	truth.Rules = policyTruths(w.rules, at)
	truth.OpenSourcePolicies = policyTruths(w.openSource, at)
	truth.Templates = policyTruths(w.templates, at)
	for _, p := range w.ruleSets {
		if state, ok := p.stateAt(at); ok {
			truth.RuleSets = append(truth.RuleSets, RuleSetTruth{p.truth(state, at), w.instances(state)})
		}
	}
}

func policyTruths[T cloner[T]](list []*policy[T], at time.Time) []PolicyTruth[T] {
	var rows []PolicyTruth[T]
	for _, p := range list {
		if state, ok := p.stateAt(at); ok {
			rows = append(rows, p.truth(state, at))
		}
	}
	return rows
}

func (p *policy[T]) truth(s policyState[T], at time.Time) PolicyTruth[T] {
	row := PolicyTruth[T]{
		ID: s.id, ProjectID: s.projectID, Version: s.version, Creator: s.creator, Updater: s.updater, Created: s.created, Updated: s.updated,
		Value: s.value.clone(),
	}
	for _, e := range p.edits {
		if !e.at.After(at) {
			row.Edits = append(row.Edits, PolicyEdit[T]{e.at, e.value.by, e.value.version, e.value.value.clone()})
		}
	}
	return row
}
