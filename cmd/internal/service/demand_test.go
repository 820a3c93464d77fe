package service

import (
	"errors"
	"strings"
	"testing"

	"artery/internal/codearts"
)

// TestDemandsOfACheck: what a check has counted is what its table of calls is about.
func TestDemandsOfACheck(t *testing.T) {
	c := census{watched: 9, listed: 12}
	c.add([]codearts.ProbeResult{{API: "Pipelines", Total: 130}, {API: "ProjectRuleSets", Total: 2}, {API: "Rules", Total: 250}, {API: "Plugins", Total: -1}, {API: "Repositories", Total: 101}})
	c.add([]codearts.ProbeResult{{API: "Pipelines", Total: 20}, {API: "ProjectRuleSets", Total: 1}})
	// By hand: 150 pipelines in two projects are 675 in nine, 75 each: one page.
	if e := c.estate(2); e.Projects != 9 || e.Listed != 12 || e.Pipelines != 675 || e.ProjectRuleSets != 14 || e.Rules != 250 || e.Plugins != 0 || e.Repositories != 101 || e.BuildDomains != 2 || e.Runs != 4050 || e.Kept != 364_500 {
		t.Errorf("the estate is %+v", e)
	}
	tenant := TenantConfig{Name: "acme", DomainID: "d", Limits: LimitsConfig{PerAPI: map[string]float64{"Pipelines": 0.1}}, Schedules: map[string]string{"repositories": "off"}}
	tenant.defaults()
	var out strings.Builder
	r := report{w: &out}
	r.demands(tenant, c)
	for _, want := range []string{
		"calls\tacme\ta day of 9 projects with about 675 pipelines, 6 runs each that take 8m0s:\n",
		"calls\tacme pipelines\t11646 (@every 58s)\n",   // 86,400/58 = 1,489.66 x 7 pages of all projects, and in every 11th round 9 of each alone
		"calls\tacme rules\t864 (@every 5m)\n",          // 288 x 3 pages
		"calls\tacme reconcile\t16200 (17 */6 * * *)\n", // 4 x 675 x 6 pages of 540 runs
		"calls\tacme logs\t608 (@every 5m)\n",           // 4,050 runs x 0.15 = 607.5, a page each
		"calls\tacme repositories\t0 (off)\n",
		"calls\tacme projects\t0 (off)\n", // there is no endpoint for it
		" a second where the limits allow 20\n",
		"warning\tacme calls\tPipelines needs 0.20 calls a second, the limits allow 0.1: polls will be late, from new_runs on -> raise limits.per_api.Pipelines, or ask for less (freshness, schedules)\n", // with 5,760 lists of open runs: 17,406/86,400
		"calls\tacme for new_runs\t8.1 a minute\n", // 11,646/1,440
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report lacks %q:\n%s", want, out.String())
		}
	}
	if n := strings.Count(out.String(), "warning"); n != 1 || r.failed {
		t.Errorf("%d warnings, failed %v:\n%s", n, r.failed, out.String())
	}
}

// TestRefusalOfWhatNobodyAsks: an API whose poller is off fails no check.
func TestRefusalOfWhatNobodyAsks(t *testing.T) {
	for schedule, want := range map[string]string{"": "warning\tacme Commit", "@every 5m": "FAIL\tacme Commit"} {
		tenant := TenantConfig{Name: "acme", Schedules: map[string]string{"commits": schedule}}
		var out strings.Builder
		r := report{w: &out}
		r.probe("acme Commit", "p", codearts.ProbeResult{API: "Commit", Verdict: codearts.Forbidden, Err: errors.New("no")}, tenant.asked()["Commit"])
		if !strings.HasPrefix(out.String(), want) || r.failed != (schedule != "") {
			t.Errorf("schedule %q: %q, failed %v", schedule, out.String(), r.failed)
		}
	}
}
