package service

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // the reporting zone must be known wherever this runs

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// DeploymentsConfig says which stage attempts are deployments. Without any rule the built-in guess holds.
type DeploymentsConfig struct {
	// Revision wins over a lower one, whichever loader started last. Raise it when loaders with different files may run.
	Revision uint32 `yaml:"revision"`
	// Attribution is how long after a deployment an incident is blamed on it. Default 24h.
	Attribution Duration `yaml:"attribution"`
	// Rollback is within which a rollback or a hotfix mends a deployment. Default 24h.
	Rollback Duration `yaml:"rollback"`
	// Zone is the reporting zone, an IANA name. Default UTC.
	Zone string `yaml:"zone"`
	// Rules in their order: the first that holds decides.
	Rules []schema.DeploymentRule `yaml:"rules"`
	// Markers of hotfixes, rollbacks and links to bugs, in their order.
	Markers []schema.DeploymentMarker `yaml:"markers"`
}

// Defaults of a rule, and the environment of the five metrics.
const (
	defaultService     = "{pipeline}"
	defaultEnvironment = "production"
)

func (d *DeploymentsConfig) defaults() {
	for i := range d.Rules {
		r := &d.Rules[i]
		if r.Service == "" && !r.Ignore {
			r.Service = defaultService
		}
		if r.Environment == "" && !r.Ignore {
			r.Environment = defaultEnvironment
		}
	}
}

// RuleSet is the configured rule set; nil when none is.
func (d DeploymentsConfig) RuleSet() *schema.RuleSet {
	if len(d.Rules) == 0 {
		return nil
	}
	return &schema.RuleSet{
		AttributionMS: time.Duration(d.Attribution).Milliseconds(), RollbackMS: time.Duration(d.Rollback).Milliseconds(),
		Zone: d.Zone, Rules: d.Rules, Markers: d.Markers,
	}
}

func (d *DeploymentsConfig) validate(f *faults) {
	const where = "deployments"
	for _, w := range []struct {
		name string
		is   Duration
	}{{"attribution", d.Attribution}, {"rollback", d.Rollback}} {
		if v := time.Duration(w.is); v < time.Minute || v > 90*24*time.Hour {
			f.add(where+"."+w.name, "%s is not between 1m and 2160h (90 days)", v)
		}
	}
	if _, err := time.LoadLocation(d.Zone); err != nil || d.Zone == "" || d.Zone == "Local" {
		f.add(where+".zone", "%q is no zone such as UTC or Europe/Dublin", d.Zone)
	}
	if len(d.Rules) == 0 && (len(d.Markers) > 0 || d.Revision > 0) {
		f.add(where+".rules", "is empty, so the built-in guess holds and the other keys would do nothing; give rules or remove the section")
	}
	names := map[string]int{}
	for i, r := range d.Rules {
		at := fmt.Sprintf("%s.rules[%d] (%s)", where, i, r.Name)
		if first, twice := names[r.Name]; twice && r.Name != "" {
			f.add(at+".name", "rules[%d] has the same name; evidence names the rule", first)
		}
		names[r.Name] = i
		validateRule(at, r, f)
	}
	for i, m := range d.Markers {
		at := fmt.Sprintf("%s.markers[%d]", where, i)
		f.kind(at+".kind", m.Kind, false)
		f.expressions(at, m.Expressions())
		if m.Branch == "" && m.Tag == "" && m.Message == "" {
			f.add(at, "has no branch, tag or message to look for")
		}
	}
}

func validateRule(at string, r schema.DeploymentRule, f *faults) {
	if r.Name == "" {
		f.add(at+".name", "is missing; explain and the evidence name the rule by it")
	}
	if r.PipelineID != "" && !hex32.MatchString(r.PipelineID) {
		f.add(at+".pipeline_id", "%q is no pipeline id of 32 hex digits; the key pipeline takes names", r.PipelineID)
	}
	f.expressions(at, r.Expressions())
	f.kind(at+".marker", r.Marker, true)
	if r.Tenant+r.Project+r.Group+r.Pipeline+r.PipelineID+r.Stage+r.Branch+r.Tag == "" {
		f.add(at, "has no condition and would hold for every stage; give at least one of stage, pipeline, pipeline_id, group, project, tenant, branch, tag")
	}
	if r.Ignore && r.Service+r.Environment+r.Marker != "" {
		f.add(at, "ignores what it selects and can have no service, environment or marker")
	}
	if !strings.Contains(r.Service, "{1}") {
		return
	}
	if p, err := regexp.Compile(r.Pipeline); err == nil && p.NumSubexp() == 0 {
		f.add(at+".service", "%q uses {1}, but the expression %q of pipeline has no group in round brackets", r.Service, r.Pipeline)
	}
}

// kind is hotfix, rollback or bug, or nothing where that may be.
func (f *faults) kind(where, kind string, optional bool) {
	if !slices.Contains([]string{"hotfix", "rollback", "bug"}, kind) && (kind != "" || !optional) {
		f.add(where, "%q is not hotfix, rollback or bug", kind)
	}
}

// expressions checks RE2 expressions: Go reads the same language as ClickHouse.
func (f *faults) expressions(where string, all map[string]string) {
	for key, e := range all {
		if _, err := regexp.Compile(e); err != nil {
			f.add(where+"."+key, "%q is no RE2 expression: %v", e, err)
		}
	}
}

// activateRules puts the configured rule set in force.
func activateRules(ctx context.Context, conn driver.Conn, d DeploymentsConfig, f Frame) error {
	a, err := schema.ReplaceRules(ctx, conn, d.RuleSet(), d.Revision)
	if err != nil {
		return err
	}
	if a.Ledger != nil {
		f.Log.Warn("the figures could not be published before or after the change of deployment rules; the ledger does not tell it from late data", "err", a.Ledger)
	}
	log := f.Log.With("version", a.Version, "source", a.Source, "revision", a.Revision)
	switch {
	case a.Outdated:
		log.Warn("deployment rules of a higher revision are in force; those of this configuration are not used", "own_revision", d.Revision)
	case a.Changed:
		log.Info("deployment rules put in force; all numbers follow them, those of the past too")
	default:
		log.Info("deployment rules in force")
	}
	return nil
}
