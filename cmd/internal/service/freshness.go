package service

import (
	"time"

	"artery/internal/pollers"
)

// FreshnessConfig is how old what is known of a tenant may be, by kind. Each sets the schedules of the pollers that keep it, but for
// those that have one of their own in schedules. Missing ones take the defaults.
type FreshnessConfig struct {
	OpenRuns     Duration `yaml:"open_runs"`    // runs that go on; default 15s
	PausedRuns   Duration `yaml:"paused_runs"`  // runs that have waited long for an approval or a stop point; default 5m
	NewRuns      Duration `yaml:"new_runs"`     // runs that have begun; default 60s
	Gates        Duration `yaml:"gates"`        // quality gates, rules and policies; default 5m
	Repositories Duration `yaml:"repositories"` // default 1h
	Inventory    Duration `yaml:"inventory"`    // groups, templates, build tenants, plug-ins; default 24h
}

// objectives are the configured ones as the collector takes them.
func (c FreshnessConfig) objectives() pollers.Freshness {
	f := pollers.DefaultFreshness()
	for _, o := range []struct {
		configured Duration
		into       *time.Duration
	}{
		{c.OpenRuns, &f.OpenRuns}, {c.PausedRuns, &f.PausedRuns}, {c.NewRuns, &f.NewRuns},
		{c.Gates, &f.Gates}, {c.Repositories, &f.Repositories}, {c.Inventory, &f.Inventory},
	} {
		if o.configured != 0 {
			*o.into = time.Duration(o.configured)
		}
	}
	return f
}

func (c FreshnessConfig) validate(where string, f *faults) {
	for _, o := range c.objectives().Objectives() {
		if o.Value < o.Floor || o.Value > o.Ceiling {
			f.add(where+"."+o.Name, "%s is not between %s and %s", o.Value, o.Floor, o.Ceiling)
		}
	}
}
