package service

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// AlertsConfig says which environments are production, and from where on alerts fire. It holds for alert rules that are
// provisioned already.
type AlertsConfig struct {
	// Production are the environments of the deployment rules whose failures are told at once. Default: production. An entry
	// of Limits may have others.
	Production []string `yaml:"production"`
	// Limits in their order: of each limit the first entry that gives it and holds counts. Without one the default does.
	Limits []AlertLimits `yaml:"limits"`
}

// AlertLimits are limits of some projects. What is missing of tenant and project is no condition.
type AlertLimits struct {
	Tenant  string `yaml:"tenant"`  // the name of a tenant
	Project string `yaml:"project"` // an expression on the project's name

	Production []string `yaml:"production"` // of these projects, instead of those of all

	Red               *Duration `yaml:"red"`                // a stage is red for longer; default 24h
	Queue             *Duration `yaml:"queue"`              // runs wait longer for a worker (p90 of the last hour); default 5m
	Silent            *float64  `yaml:"silent"`             // a pipeline is silent for so many times its usual pause; default 1.5
	RepositoryPercent *float64  `yaml:"repository_percent"` // of 30,720 MB that a repository uses; default 90
	RepositoryDays    *float64  `yaml:"repository_days"`    // until a repository is full, if it grows on; default 14
	GateWeakened      *Duration `yaml:"gate_weakened"`      // for how long a gate that was weakened is told; default 168h
	LastMessage       *Duration `yaml:"last_message"`       // of a tenant: nothing arrived for longer; default 10m
	Judging           *Duration `yaml:"judging"`            // what came is not judged for longer; default 15m
}

// named are the limits that an entry gives, by the names of their keys; times are seconds.
func (l AlertLimits) named() map[string]float64 {
	all := map[string]float64{}
	for key, limit := range map[string]*Duration{
		"red": l.Red, "queue": l.Queue, "gate_weakened": l.GateWeakened, "last_message": l.LastMessage, "judging": l.Judging,
	} {
		if limit != nil {
			all[key] = time.Duration(*limit).Seconds()
		}
	}
	for key, limit := range map[string]*float64{"silent": l.Silent, "repository_percent": l.RepositoryPercent, "repository_days": l.RepositoryDays} {
		if limit != nil {
			all[key] = *limit
		}
	}
	return all
}

func (a *AlertsConfig) validate(f *faults) {
	const where = "alerts"
	f.production(where, a.Production)
	for i, l := range a.Limits {
		at := fmt.Sprintf("%s.limits[%d]", where, i)
		f.expressions(at, map[string]string{"project": l.Project})
		named := l.named()
		if len(named) == 0 && l.Production == nil {
			f.add(at, "has no limit; give at least one, such as red or queue, or production")
		}
		if l.Production != nil {
			f.production(at, l.Production)
		}
		for key, limit := range named {
			if !(limit > 0) || math.IsInf(limit, 0) || key == "repository_percent" && limit > 100 {
				f.add(at+"."+key, "%v is no limit", limit)
			}
		}
		switch {
		case l.Judging != nil && l.Tenant+l.Project != "":
			f.add(at+".judging", "is of all tenants together; give it in an entry without tenant and project")
		case l.LastMessage != nil && l.Project != "":
			f.add(at+".last_message", "is of a whole tenant; give it in an entry without project")
		}
	}
}

// production checks a list of environments.
func (f *faults) production(where string, environments []string) {
	if len(environments) == 0 || slices.Contains(environments, "") {
		f.add(where+".production", "%q names no environment; leave it out for the default", environments)
	}
}

// Unalerted says that no production stage can ever be told as failing, of all or of those of an entry, and what to do; "" if one can.
func (c Config) Unalerted() string {
	known := map[string]bool{}
	for _, r := range c.Deployments.Rules {
		if !r.Ignore {
			known[r.Environment] = true
		}
	}
	if len(c.Deployments.Rules) == 0 {
		known[defaultEnvironment] = true // by the built-in guess
	}
	lists := map[string][]string{}
	for i, l := range c.Alerts.Limits {
		if l.Production != nil {
			lists[fmt.Sprintf("alerts.limits[%d].production", i)] = l.Production
		}
	}
	tenants := c.Tenants
	if len(tenants) == 0 {
		tenants = []TenantConfig{{}} // any
	}
	if slices.ContainsFunc(tenants, func(t TenantConfig) bool { // an entry for all projects of a tenant leaves nothing to the list of all
		return !slices.ContainsFunc(c.Alerts.Limits, func(l AlertLimits) bool {
			return l.Production != nil && l.Project == "" && (l.Tenant == "" || l.Tenant == t.Name)
		})
	}) {
		lists["alerts.production"] = c.Alerts.Production
	}
	for _, where := range slices.Sorted(maps.Keys(lists)) {
		if !slices.ContainsFunc(lists[where], func(e string) bool { return known[e] }) {
			return fmt.Sprintf("no deployment rule names an environment of %s (%s), so nobody is told when production stages fail -> name one of theirs there: %s",
				where, strings.Join(lists[where], ", "), strings.Join(slices.Sorted(maps.Keys(known)), ", "))
		}
	}
	return ""
}

// settings is what of the configuration says how things are read.
func (c Config) settings() schema.Settings {
	s := schema.Settings{Production: c.Alerts.Production, Pages: map[string]map[string]string{}}
	for _, l := range c.Alerts.Limits {
		if l.Production != nil {
			s.ProductionOf = append(s.ProductionOf, schema.Production{Tenant: l.Tenant, Project: l.Project, Environments: l.Production})
		}
		named := l.named()
		for _, key := range slices.Sorted(maps.Keys(named)) {
			s.Limits = append(s.Limits, schema.AlertLimit{Name: key, Tenant: l.Tenant, Project: l.Project, Value: named[key]})
		}
	}
	for _, t := range c.Tenants {
		if t.Pages != nil {
			s.Pages[t.Name] = t.Pages
		}
	}
	return s
}

// activateSettings puts the settings of the configuration in force.
func activateSettings(ctx context.Context, conn driver.Conn, c Config, f Frame) error {
	s := c.settings()
	changed, err := schema.ActivateSettings(ctx, conn, s)
	if changed {
		f.Log.Info("settings put in force; dashboards and alerts follow them", "production", s.Production, "limits", len(s.Limits), "pages", len(s.Pages))
	}
	if text := c.Unalerted(); text != "" && err == nil {
		f.Log.Warn(text)
	}
	return err
}
