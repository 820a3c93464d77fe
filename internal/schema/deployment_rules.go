package schema

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// RuleSet says which stage attempts are deployments. What its rules mean is said once, in 0029_deployment_rules.sql; this
// is only the form in which they get there.
type RuleSet struct {
	AttributionMS int64              `json:"attribution_ms"` // how long after a deployment an incident is blamed on it
	RollbackMS    int64              `json:"rollback_ms"`    // within which a rollback or a hotfix mends a deployment
	Zone          string             `json:"zone"`           // of days, weeks and months in reports, an IANA name
	Rules         []DeploymentRule   `json:"rules"`          // the first that holds decides
	Markers       []DeploymentMarker `json:"markers"`        // the first of which a pattern is found marks a deployment
}

// DeploymentRule selects stage attempts. What is empty is no condition; the others must all hold.
type DeploymentRule struct {
	Name        string `json:"name" yaml:"name"`               // for people: explain and the evidence name it
	Tenant      string `json:"tenant" yaml:"tenant"`           // the name of a tenant
	Project     string `json:"project" yaml:"project"`         // a project id, or an expression on the project's name
	Group       string `json:"group" yaml:"group"`             // an expression on the names of the pipeline's groups, root/child
	Pipeline    string `json:"pipeline" yaml:"pipeline"`       // an expression on the pipeline's name
	PipelineID  string `json:"pipeline_id" yaml:"pipeline_id"` // a pipeline id
	Stage       string `json:"stage" yaml:"stage"`             // an expression on the stage's name
	Branch      string `json:"branch" yaml:"branch"`           // an expression on the run's target branch
	Tag         string `json:"tag" yaml:"tag"`                 // an expression on the run's tag
	Ignore      bool   `json:"ignore" yaml:"ignore"`           // what it selects is no deployment; later rules are not asked
	Service     string `json:"service" yaml:"service"`         // what is deployed; {project}, {pipeline}, {stage} and {1} (first group of pipeline) are replaced
	Environment string `json:"environment" yaml:"environment"` // where to
	Marker      string `json:"marker" yaml:"marker"`           // hotfix, rollback or bug, when all that it selects is one
}

// DeploymentMarker marks a deployment as a hotfix or a rollback, or as linked to a bug, when any of its expressions is found.
type DeploymentMarker struct {
	Kind    string `json:"kind" yaml:"kind"`       // hotfix, rollback or bug
	Branch  string `json:"branch" yaml:"branch"`   // an expression on the run's source or target branch
	Tag     string `json:"tag" yaml:"tag"`         // an expression on the run's tag
	Message string `json:"message" yaml:"message"` // an expression on the commit's message
}

// Expressions are the RE2 expressions of a rule, by the names of their keys.
func (r DeploymentRule) Expressions() map[string]string {
	return map[string]string{"project": r.Project, "group": r.Group, "pipeline": r.Pipeline, "stage": r.Stage, "branch": r.Branch, "tag": r.Tag}
}

// Expressions are the RE2 expressions of a marker, by the names of their keys.
func (m DeploymentMarker) Expressions() map[string]string {
	return map[string]string{"branch": m.Branch, "tag": m.Tag, "message": m.Message}
}

// Text is the rule set as the SQL reads it (parameter rules). Equal rule sets have equal texts.
func (s RuleSet) Text() (string, error) {
	text, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("writing the deployment rules as json: %w", err)
	}
	return string(text), nil
}

// RulesText is the text of a rule set, or of the built-in one when there is none.
func RulesText(ctx context.Context, conn driver.Conn, set *RuleSet) (string, error) {
	if set != nil {
		return set.Text()
	}
	var text string
	if err := conn.QueryRow(ctx, "SELECT rules FROM built_in_deployment_rules").Scan(&text); err != nil {
		return "", fmt.Errorf("reading the built-in deployment rules: %w", err)
	}
	return text, nil
}

// Activation is what ActivateRules found or did.
type Activation struct {
	Version  string // in force now
	Source   string // configuration, or built-in guess
	Revision uint32
	Changed  bool  // the rule set was put in force by this call
	Outdated bool  // a rule set of a higher revision is in force, and was left there
	Ledger   error // figures were not published around a change of rules: the ledger can not tell it from late data
}

// ActivateRules puts a rule set in force, if it is not yet; nil is the built-in one; and re-states the deployments by it.
// One row is the whole rule set, so it comes into force in one step, and a call that is repeated after a lost reply finds it
// there.
//
// The owner of the rules is the configuration. Loaders call this once, at their start, and never again: of two with
// different rules the one that started last wins, and they do not take turns. A revision above that of the caller wins over
// any start, so that an old loader that comes back can not undo newer rules.
func ActivateRules(ctx context.Context, conn driver.Conn, set *RuleSet, revision uint32) (Activation, error) {
	now, err := activate(ctx, conn, set, revision)
	if err != nil {
		return Activation{}, err
	}
	if err := settleAll(ctx, conn); err != nil {
		return Activation{}, fmt.Errorf("re-stating the deployments: %w", err)
	}
	return now, nil
}

// ReplaceRules is ActivateRules with the published figures: if other rules come into force, late data so far is published by those
// of before, and then what they change, with how many deployments they read differently, so that the ledger tells one from the
// other. Rules are put in force also if it can not.
func ReplaceRules(ctx context.Context, conn driver.Conn, set *RuleSet, revision uint32) (Activation, error) {
	text, err := RulesText(ctx, conn, set)
	if err != nil {
		return Activation{}, err
	}
	old, stays, err := rulesInForce(ctx, conn, text, revision)
	if err != nil || stays {
		return ActivateRules(ctx, conn, set, revision)
	}
	var generation uint64
	before := errors.Join(PublishFigures(ctx, conn, time.Now(), FigureDays), ask(ctx, conn, "rules_generation", &generation))
	now, err := ActivateRules(ctx, conn, set, revision)
	if err != nil {
		return Activation{}, err
	}
	if now.Ledger = before; before == nil {
		now.Ledger = errors.Join(
			run(ctx, conn, "rules_reread", clickhouse.Named("generation", generation), clickhouse.Named("before", old.Version)),
			PublishFigures(ctx, conn, time.Now(), FigureDays))
	}
	return now, nil
}

// rulesInForce are those before an activation, and whether they stay.
func rulesInForce(ctx context.Context, conn driver.Conn, text string, revision uint32) (now Activation, stays bool, err error) {
	var rules string
	err = conn.QueryRow(ctx, "SELECT version, source, revision, rules FROM deployment_rules_in_force").Scan(&now.Version, &now.Source, &now.Revision, &rules)
	if err != nil {
		return Activation{}, false, fmt.Errorf("reading the deployment rules in force: %w", err)
	}
	now.Outdated = now.Revision > revision
	return now, now.Outdated || now.Revision == revision && rules == text, nil
}

func activate(ctx context.Context, conn driver.Conn, set *RuleSet, revision uint32) (Activation, error) {
	text, err := RulesText(ctx, conn, set)
	if err != nil {
		return Activation{}, err
	}
	now, stays, err := rulesInForce(ctx, conn, text, revision)
	if err != nil || stays {
		return now, err
	}
	source := "configuration"
	if set == nil {
		source = "built-in guess"
	}
	check, err := Query("rules_check")
	if err != nil {
		return Activation{}, err
	}
	var n uint64
	if err := conn.QueryRow(ctx, check, clickhouse.Named("rules", text)).Scan(&n); err != nil {
		return Activation{}, fmt.Errorf("checking the deployment rules: %w", err)
	}
	query, err := Query("rules_activate")
	if err != nil {
		return Activation{}, err
	}
	err = conn.Exec(ctx, query, clickhouse.Named("rules", text), clickhouse.Named("source", source), clickhouse.Named("revision", revision))
	if err != nil {
		return Activation{}, fmt.Errorf("putting the deployment rules in force: %w", err)
	}
	err = conn.QueryRow(ctx, "SELECT version, source, revision FROM deployment_rules_in_force").Scan(&now.Version, &now.Source, &now.Revision)
	if err != nil {
		return Activation{}, fmt.Errorf("reading the deployment rules in force: %w", err)
	}
	now.Changed = true
	return now, nil
}
