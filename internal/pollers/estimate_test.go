package pollers

import (
	"cmp"
	"context"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"artery/internal/codearts"
	"artery/internal/codearts/codeartstest"
)

// estateOf counts what a simulated tenant has at the end of a day, and what happened in it.
func estateOf(sim *codeartstest.Tenant, end time.Time) Estate {
	truth, from := sim.Truth(end), end.Add(-24*time.Hour)
	e := Estate{
		Projects: len(truth.Projects), Listed: len(truth.Projects), Pipelines: len(truth.Pipelines), Repositories: len(truth.Repositories), BuildDomains: 1,
		Templates: len(truth.Templates), Rules: len(truth.Rules), Publishers: len(truth.Publishers), Plugins: len(truth.Plugins),
	}
	for _, s := range truth.RuleSets {
		if s.ProjectID == "" {
			e.RuleSets++
		} else {
			e.ProjectRuleSets++
		}
	}
	for _, p := range truth.Plugins {
		if p.Value.Basic {
			e.BasicPlugins++
		}
	}
	e.Kept = float64(len(truth.Runs))
	var open, waiting time.Duration
	for _, r := range truth.Runs {
		if r.Start.Before(from) || r.Start.After(end) {
			continue
		}
		e.Runs++
		if last := cmp.Or(r.End, end); last.Sub(r.Start) < time.Hour { // else it waits for somebody
			open += last.Sub(r.Start)
		} else {
			waiting += last.Sub(r.Start)
		}
	}
	pages, failed := 0, 0.0
	for _, s := range truth.Steps {
		log := truth.StepLog(s)
		switch {
		case s.Status != codeartstest.StatusFailed || s.Superseded:
			continue
		case s.End.Before(from):
			if log.Gone {
				pages += 5 // asked for first 25 hours ago, and again 70, 150, 310, 630 and 1,270 minutes later
			}
			continue
		}
		failed++
		if log.Gone {
			for again := logAgain; s.End.Add(again).Before(end); again = 2*again + logAgain {
				pages++ // asked for again after 10, 30, 70, ... minutes
			}
		}
		size := 0
		for left := len(log.Lines); left > 0 && size < DefaultLogTail; left -= 500 {
			pages++
			for _, line := range log.Lines[max(0, left-500):left] {
				size += len(line.Text) + 1
			}
		}
	}
	e.Failed, e.LogPages = failed/max(1, e.Runs), float64(pages)/max(1, failed)
	e.RunTime, e.Waiting = open/time.Duration(max(1, e.Runs)), waiting.Hours()/24
	return e
}

// TestDemandsOfADay watches a small tenant for a day by the default schedules, and compares the calls that the server has got
// with what Demands says. An hour before it everything is fetched once.
func TestDemandsOfADay(t *testing.T) {
	if testing.Short() {
		t.Skip("with the race detector a day is long; make whole lives it")
	}
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, codeartstest.Options{Seed: 8, Origin: time.Now(), History: 20 * 24 * time.Hour, Projects: 2, Pipelines: 6, RunsPerDay: 9, LiveRunsPerHour: 1}, nil)
		w.clock.forward(time.Hour) // what people edit in the simulated world is edited
		w.clock.run()
		w.start()
		w.collector.Tenants[0].Freshness = DefaultFreshness()
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- w.collector.Run(ctx) }()
		time.Sleep(time.Hour + 7*time.Second) // no tick falls on the edge of the day that is counted
		got := w.calls(func() { time.Sleep(24 * time.Hour) })
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		demands, err := w.collector.Tenants[0].Demands(estateOf(w.sim, w.clock.now()))
		if err != nil {
			t.Fatal(err)
		}
		want := map[codeartstest.API]float64{}
		for _, d := range demands {
			if atServer[d.API] == "" {
				t.Fatalf("%s has no name at the server", d.API)
			}
			want[atServer[d.API]] += d.Calls
		}
		// A call more or less is none. What chance decides differs by more: a run begins on one day and ends on the
		// next, and few projects are not open just as long as on average. A retry of an old run, of which this world has none
		// on that day, costs a call of APIRuns every 15 s while it goes on. When both projects have open runs, lists by status are tried.
		within := map[codeartstest.API]float64{codeartstest.APIDetail: 0.1, codeartstest.APIStepLog: 0.1, codeartstest.APIStatuses: 0.2, codeartstest.APIRuns: 0.25, codeartstest.APIPipelines: 0.005}
		for _, api := range slices.Sorted(maps.Keys(want)) {
			if off := math.Abs(float64(got[string(api)]) - want[api]); off > max(1, within[api]*want[api]) {
				t.Errorf("%s: %d calls, %.1f were expected", api, got[string(api)], want[api])
			}
			delete(got, string(api))
		}
		delete(got, string(codeartstest.APITokens))
		if len(got) > 0 {
			t.Errorf("calls that nobody expected: %v", got)
		}
	})
}

// estate is the tenant of docs/apis.md.
var estate = Estate{
	Projects: 20, Listed: 25, Pipelines: 500, Runs: 3000, RunTime: 8 * time.Minute, Waiting: 2, Kept: 270_000,
	Repositories: 650, BuildDomains: 1, Templates: 60, Rules: 120, RuleSets: 8, ProjectRuleSets: 20, OpenSource: 2, ProjectOpenSource: 20,
	Publishers: 6, Plugins: 130, BasicPlugins: 15, Optional: 246,
	Failed: 0.15, LogPages: 1.5,
}

func TestDemands(t *testing.T) {
	// By hand, for the estate above and a day of 86,400 s:
	want := map[string]float64{
		"projects Projects":                  288,     // 86,400/300 rounds; 25 projects are one page
		"pipelines Pipelines":                10156.7, // 86,400/58 = 1,489.66 rounds x 5 pages of 500 pipelines, and in every 11th (10 minutes are 10.3) 20 projects x 1 page of 25 pipelines
		"gaps PipelineRuns":                  6.025,   // 500 x 1,489.66 gaps between looks, mean 6/1,489.66 = 0.0040278 runs: 744,828 x (1-e^-m(1+m)) = 744,828 x 0.00000809
		"details RunDetail":                  3000,
		"logs StepLog":                       675,   // 3,000 runs x 0.15 that fail x 1.5 pages
		"reconcile PipelineRuns":             12000, // 4 rounds x 500 pipelines x 6 pages of 540 runs
		"gates ProjectGate":                  5760,  // 288 x 20
		"tenant_gate TenantGate":             288,
		"rule_sets RuleSets":                 288,
		"rules Rules":                        576,  // 288 x 2 pages of 120
		"repositories Repositories":          168,  // 24 x 7 pages of 650
		"commits Commit":                     3000, // a run each
		"commits Comparison":                 3000,
		"optional_plugins OptionalPlugins":   3, // pages of 246
		"basic_plugins PluginVersionNumbers": 15,
		"plugins PluginVersion":              0, // nobody edits one
		// 5,760 rounds. 150 runs of 8 min a project: 0.8333 open at a time, none for e^-0.8333 = 0.4346 of the time, so 11.31 projects
		// have any. All 16.67 open runs are one page: a list, and a question for each project in which a run has ended since the round
		// before, 20 x (1-e^-(3,000/5,760/20)) = 20 x (1-e^-0.026042) = 0.51411. That is less.
		"active Pipelines":        5760,
		"active PipelineStatuses": 2961.3,
		// 6 runs of 8 min a pipeline: 0.03333 open at a time, two or more for 1-e^-m(1+m) = 0.00054339 of the time. 5,760 x 500 x that.
		"active PipelineRuns": 1565,
	}
	demands, err := (&Tenant{Schedules: map[string]string{"commits": "@every 5m"}}).Demands(estate)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]float64{}
	for _, d := range demands {
		found[d.Poller+" "+d.API] = d.Calls
	}
	for key, calls := range want {
		if got, ok := found[key]; !ok || math.Abs(got-calls) > 0.001*calls {
			t.Errorf("%s: %.2f calls, by hand %.2f", key, got, calls)
		}
	}
}

// TestDemandsOfOneProject: one project is asked for, three times in the 58 s between two lists: 3 x 1,489.66 rounds, and a run is open for
// 1-e^-(150 x 8/1,440) = 0.5654 of the time; the two runs that wait are looked at every 10 minutes for the rest: 2 x 144 x 0.4346.
func TestDemandsOfOneProject(t *testing.T) {
	demands, err := (&Tenant{Freshness: Freshness{PausedRuns: 10 * time.Minute}}).Demands(Estate{Projects: 1, Pipelines: 25, Runs: 150, RunTime: 8 * time.Minute, Waiting: 2})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range demands {
		want, known := map[string]float64{"active Pipelines": 0, "active PipelineStatuses": 2526.8 + 125.2}[d.Poller+" "+d.API]
		if known && math.Abs(d.Calls-want) > 0.001*want {
			t.Errorf("%s %s: %.2f calls, want %.2f", d.Poller, d.API, d.Calls, want)
		}
	}
}

// TestDemandsFollowSchedules: another schedule costs another number of calls, off costs none.
func TestDemandsFollowSchedules(t *testing.T) {
	tenant := Tenant{Schedules: map[string]string{"pipelines": "@every 5m", "active": "@every 1m", "gates": Off, "repositories": "30 6 * * 1-5", "rules": "* * *"}}
	if _, err := tenant.Demands(estate); err == nil || !strings.Contains(err.Error(), "rules") {
		t.Errorf("a schedule that is none gives %v", err)
	}
	delete(tenant.Schedules, "rules")
	demands, err := tenant.Demands(estate)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range demands {
		want, known := map[string]float64{
			"pipelines Pipelines": 4320, "gates ProjectGate": 0, // 288 rounds x 5 pages, and 144 x 20 projects
			"repositories Repositories": 5,     // 7 pages on five days of seven
			"active PipelineRuns":       391.2, // 1,440 rounds of 5,760 above: 1,565 x 1,440/5,760
		}[d.Poller+" "+d.API]
		if known && math.Abs(d.Calls-want) > 0.001*want {
			t.Errorf("%s %s: %.2f calls by %q, want %.2f", d.Poller, d.API, d.Calls, d.Schedule, want)
		}
	}
}

// TestAsksAreComplete: the table of what is asked has every poller and every API, and nothing else.
func TestAsksAreComplete(t *testing.T) {
	table, asked := asks(), map[string]bool{}
	for _, p := range All() {
		if len(table[p.Name]) == 0 {
			t.Errorf("the poller %s is not in the table", p.Name)
		}
		for _, a := range table[p.Name] {
			asked[a.api] = true
			if a.words == "" {
				t.Errorf("%s does not say when it calls %s", p.Name, a.api)
			}
		}
		delete(table, p.Name)
	}
	if len(table) > 0 {
		t.Errorf("there are no pollers %v", slices.Collect(maps.Keys(table)))
	}
	if apis := slices.Sorted(maps.Keys(asked)); !slices.Equal(apis, slices.Sorted(slices.Values(codearts.APIs()))) {
		t.Errorf("the pollers ask %v, the client has %v", apis, codearts.APIs())
	}
}

// atServer are the simulator's names of the APIs.
var atServer = map[string]codeartstest.API{
	"Projects": codeartstest.APIProjects, "IAMProjects": codeartstest.APIIAMProjects, "Pipelines": codeartstest.APIPipelines,
	"PipelineStatuses": codeartstest.APIStatuses, "PipelineRuns": codeartstest.APIRuns, "RunDetail": codeartstest.APIDetail, "StepLog": codeartstest.APIStepLog,
	"PipelineGroups": codeartstest.APIGroups, "BuildGroups": codeartstest.APIBuildGroups, "BuildTenants": codeartstest.APIBuildTenants,
	"Commit": codeartstest.APICommit, "Comparison": codeartstest.APIComparison,
	"Repositories": codeartstest.APIRepositories, "ProjectGate": codeartstest.APIGates, "TenantGate": codeartstest.APIGates,
	"PipelineTemplates": codeartstest.APITemplates, "PipelineTemplate": codeartstest.APITemplate,
	"Rules": codeartstest.APIRules, "Rule": codeartstest.APIRule, "RuleSets": codeartstest.APIRuleSets, "RuleSet": codeartstest.APIRuleSet,
	"ProjectRuleSets": codeartstest.APIProjectRuleSets, "ProjectRuleSet": codeartstest.APIProjectRuleSet,
	"OpenSourceRuleSets": codeartstest.APIOpenSourcePolicies, "OpenSourceRuleSet": codeartstest.APIOpenSourcePolicy,
	"ProjectOpenSourceRuleSets": codeartstest.APIProjectOpenSourcePolicies, "ProjectOpenSourceRuleSet": codeartstest.APIProjectOpenSourcePolicy,
	"Publishers": codeartstest.APIPublishers, "AvailablePublishers": codeartstest.APIAvailablePublishers, "PublisherDetails": codeartstest.APIPublisherDetails,
	"StagePlugins": codeartstest.APIStagePlugins, "OptionalPlugins": codeartstest.APIOptionalPlugins, "Plugins": codeartstest.APIPlugins,
	"PluginVersions": codeartstest.APIPluginVersions, "PluginVersion": codeartstest.APIPluginVersion, "PluginVersionNumbers": codeartstest.APIPluginVersionNumbers,
	"PluginMetrics": codeartstest.APIPluginMetrics, "PluginInputs": codeartstest.APIPluginInputs, "PluginOutputs": codeartstest.APIPluginOutputs,
	"BasicPlugins": codeartstest.APIBasicPlugins, "BasicPlugin": codeartstest.APIBasicPlugin,
}
