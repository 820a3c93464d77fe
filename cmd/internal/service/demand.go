package service

import (
	"fmt"
	"time"

	"artery/internal/codearts"
	"artery/internal/pollers"
)

// What no cheap call tells of a tenant's runs is taken as usual.
const (
	usualRuns    = 6 // a pipeline and day
	usualRunTime = 8 * time.Minute
	usualFailed  = 0.15 // share of the runs
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
		Projects: c.watched, Listed: max(c.listed, c.tenant["Projects"]), BuildDomains: buildDomains, RunTime: usualRunTime, Failed: usualFailed,
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
	r.line("calls", t.Name, fmt.Sprintf("a day of %d projects with about %d pipelines, %d runs each that take %s:", e.Projects, e.Pipelines, usualRuns, usualRunTime))
	total, byAPI := 0.0, map[string]float64{}
	for i := 0; i < len(demands); {
		poller, calls, schedule := demands[i].Poller, 0.0, demands[i].Schedule
		for ; i < len(demands) && demands[i].Poller == poller; i++ {
			calls += demands[i].Calls
			byAPI[demands[i].API] += demands[i].Calls
		}
		total += calls
		r.line("calls", t.Name+" "+poller, fmt.Sprintf("%.0f (%s)", calls, schedule))
	}
	seconds := day.Seconds()
	limit := t.Limits.tenant()
	r.line("calls", t.Name+" all", fmt.Sprintf("%.0f, %.2f a second where the limits allow %v", total, total/seconds, limit))
	if total > seconds*limit {
		r.line("warning", t.Name+" calls", "the limit of all APIs together is below what the schedules ask for: polls will be late -> raise limits.tenant, or poll less often (schedules)")
	}
	for _, api := range codearts.APIs() {
		if limit := t.Limits.of(api); byAPI[api] > seconds*limit {
			r.line("warning", t.Name+" calls", fmt.Sprintf("%s needs %.2f calls a second, the limits allow %v: polls will be late -> raise limits.per_api.%s, or poll less often (schedules)", api, byAPI[api]/seconds, limit, api))
		}
	}
}
