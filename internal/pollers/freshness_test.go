package pollers

import (
	"slices"
	"testing"
	"time"

	"artery/internal/events"
)

func TestLookDue(t *testing.T) {
	for _, c := range []struct {
		name           string
		status         string
		waited, looked time.Duration // before now
		tried          time.Duration
		due            bool
	}{
		{"a running run, looked at 15 s ago", "RUNNING", time.Hour, 15 * time.Second, time.Hour, true},
		{"a running run, just looked at", "RUNNING", time.Hour, 14 * time.Second, time.Hour, false},
		{"an unknown status counts as running", "THINKING", time.Hour, 15 * time.Second, time.Hour, true},
		{"paused just now", "PAUSED", 0, 0, time.Hour, true},
		{"paused for 10 minutes, looked at 29 s ago", "PAUSED", 10 * time.Minute, 29 * time.Second, time.Hour, false},
		{"paused for 10 minutes, looked at 30 s ago", "PAUSED", 10 * time.Minute, 30 * time.Second, time.Hour, true},
		{"suspended for days, looked at 4 minutes ago", "SUSPEND", 72 * time.Hour, 4 * time.Minute, time.Hour, false},
		{"suspended for days, looked at 5 minutes ago", "SUSPEND", 72 * time.Hour, 5 * time.Minute, time.Hour, true},
		{"paused, and new to this process", "PAUSED", 72 * time.Hour, 1 << 60, time.Hour, true},
		{"a running run, asked for in vain 14 s ago", "RUNNING", time.Hour, time.Minute, 14 * time.Second, false},
		{"a running run, asked for in vain 15 s ago", "RUNNING", time.Hour, time.Minute, 15 * time.Second, true},
		{"a suspended run, asked for in vain 15 s ago", "SUSPEND", 72 * time.Hour, time.Hour, 15 * time.Second, true},
	} {
		h := events.Head{At: instant.Add(-c.waited).UnixMilli(), Mark: events.Mark{Status: c.status}}
		if got := DefaultFreshness().lookDue(h, look{last: instant.Add(-c.looked), tried: instant.Add(-c.tried)}, instant, time.Minute); got != c.due {
			t.Errorf("%s: due %v", c.name, got)
		}
	}
}

// TestFreshnessSpec: an objective is the schedule of the pollers that keep it, unless the configuration has one for the poller; the
// defaults are the schedules of the table.
func TestFreshnessSpec(t *testing.T) {
	f := Freshness{OpenRuns: 30 * time.Second, Gates: time.Hour, Inventory: 12 * time.Hour}
	tenant := &Tenant{Freshness: f, Schedules: map[string]string{"tenant_gate": "@every 7m"}}
	want := map[string]string{
		"projects": "@every 5m", "pipelines": "@every 58s", "active": "@every 30s", "gaps": "@every 5m", "history": "@every 5m", "gates": "@every 1h0m0s", "tenant_gate": "@every 7m",
		"project_rule_sets": "@every 1h0m0s", "repositories": "@hourly", "reconcile": "17 */6 * * *", "templates": "@every 12h0m0s",
	}
	for _, p := range All() {
		if spec, ok := want[p.Name]; ok && p.spec(tenant) != spec {
			t.Errorf("%s: %q, want %q", p.Name, p.spec(tenant), spec)
		}
		usual := &Tenant{Freshness: DefaultFreshness()}
		if p.spec(usual) != p.Spec {
			t.Errorf("%s: %q by default, its own is %q", p.Name, p.spec(usual), p.Spec)
		}
		for _, o := range DefaultFreshness().Objectives() {
			if !slices.Contains(o.of, p.Calls) || p.Name == "projects" {
				continue
			}
			ticks, err := newTicks(p.Spec, p.Name, 0)
			if err != nil || pause(ticks, instant) != o.Value-o.walk {
				t.Errorf("%s: every %s, the default of %s is %s, %v", p.Name, pause(ticks, instant), o.Name, o.Value, err)
			}
		}
	}
	for _, o := range DefaultFreshness().Objectives() {
		if o.Value < o.Floor || o.Value > o.Ceiling {
			t.Errorf("%s: the default %s is not between %s and %s", o.Name, o.Value, o.Floor, o.Ceiling)
		}
	}
}
