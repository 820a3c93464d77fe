package service

import (
	"fmt"
	"maps"
	"slices"

	"artery/internal/codearts"
	"artery/internal/pollers"
)

// What no cheap call tells of a tenant's runs is taken as usual.
const (
	usualRuns   = 6    // a pipeline and day
	usualFailed = 0.15 // share of the runs
)

// census counts what a tenant has, by what the probes of some of its projects have found.
type census struct {
	watched, listed int
	tried           int            // projects
	tenant          map[string]int // length of a list of the tenant, by API
	projects        map[string]int // of the lists of the tried projects together
}

func (c *census) add(results []codearts.ProbeResult) {
	if c.tenant == nil {
		c.tenant, c.projects = map[string]int{}, map[string]int{}
	}
	c.tried++
	for _, r := range results {
		if r.Total > 0 {
			c.tenant[r.API] = r.Total
			c.projects[r.API] += r.Total
		}
	}
}

// estate takes the projects that were not tried as being like those that were.
func (c *census) estate(buildDomains int) pollers.Estate {
	ofProjects := func(api string) int {
		return (c.projects[api]*c.watched + c.tried - 1) / max(1, c.tried)
	}
	e := pollers.Estate{
		Projects: c.watched, Listed: max(c.listed, c.tenant["Projects"]), BuildDomains: buildDomains, RunTime: pollers.UsualRunTime, Failed: usualFailed,
		Pipelines: ofProjects("Pipelines"), ProjectRuleSets: ofProjects("ProjectRuleSets"), ProjectOpenSource: ofProjects("ProjectOpenSourceRuleSets"),
		Repositories: c.tenant["Repositories"], Templates: c.tenant["PipelineTemplates"], Rules: c.tenant["Rules"], RuleSets: c.tenant["RuleSets"],
		OpenSource: c.tenant["OpenSourceRuleSets"], Publishers: c.tenant["Publishers"], Plugins: c.tenant["Plugins"],
		BasicPlugins: c.tenant["BasicPlugins"], Optional: c.tenant["OptionalPlugins"],
	}
	e.Runs = float64(e.Pipelines * usualRuns)
	e.Kept = e.Runs * pollers.Retention.Hours() / 24
	return e
}

// asked are the APIs that the tenant's pollers ask, as they are scheduled.
func (t TenantConfig) asked() map[string]bool {
	demands, err := (&pollers.Tenant{Schedules: t.schedules()}).Demands(pollers.Estate{})
	if err != nil {
		return nil // demands tells why
	}
	out := map[string]bool{}
	for _, d := range demands {
		out[d.API] = out[d.API] || d.Schedule != pollers.Off
	}
	return out
}

// demands says how many calls a day the schedules cost, poller by poller, and whether the limits allow them.
func (r *report) demands(t TenantConfig, c census) {
	e := c.estate(len(t.BuildDomains))
	demands, err := (&pollers.Tenant{Schedules: t.schedules(), Freshness: t.Freshness.objectives(), Depth: t.Depth.depth()}).Demands(e)
	if err != nil {
		r.fail(t.Name+" calls", err, "")
		return
	}
	r.line("calls", t.Name, fmt.Sprintf("a day of %d projects with about %d pipelines, %d runs each that take %s:", e.Projects, e.Pipelines, usualRuns, pollers.UsualRunTime))
	total := 0.0
	for i := 0; i < len(demands); {
		poller, calls, schedule := demands[i].Poller, 0.0, demands[i].Schedule
		for ; i < len(demands) && demands[i].Poller == poller; i++ {
			calls += demands[i].Calls
		}
		total += calls
		r.line("calls", t.Name+" "+poller, fmt.Sprintf("%.0f (%s)", calls, schedule))
	}
	r.line("calls", t.Name+" all", fmt.Sprintf("%.0f, %.2f a second where the limits allow %v", total, total/day.Seconds(), t.Limits.tenant()))
	r.needs(t, pollers.Needs(demands))
}

// needs says what each priority needs, and which limits are too low for it.
func (r *report) needs(t TenantConfig, needs []pollers.Need) {
	perMinute := map[codearts.Priority]float64{}
	for _, n := range needs {
		perMinute[n.Priority] += n.PerMinute
	}
	for _, p := range slices.Sorted(maps.Keys(perMinute)) {
		r.line("calls", t.Name+" for "+p.String(), fmt.Sprintf("%.1f a minute", perMinute[p]))
	}
	allowed := map[string]float64{"": 60 * t.Limits.tenant()}
	for _, api := range codearts.APIs() {
		allowed[api] = 60 * t.Limits.of(api)
	}
	for _, s := range pollers.Short(needs, allowed) {
		what, limit, key := s.API+" needs", t.Limits.of(s.API), "limits.per_api."+s.API
		if s.API == "" {
			what, limit, key = "all APIs together need", t.Limits.tenant(), "limits.tenant"
		}
		r.line("warning", t.Name+" calls", fmt.Sprintf("%s %.2f calls a second, the limits allow %v: polls will be late, from %s on -> raise %s, or ask for less (freshness, schedules)",
			what, s.Needed/60, limit, s.Late, key))
	}
}
