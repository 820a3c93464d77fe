package pollers

import (
	"bytes"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/codearts/codeartstest"
	"artery/internal/events"
)

// TestAnyAPIMayBeUnpublished takes away one API after the other. What asks for it rests and says so once, however long that
// lasts, and everything else goes on.
func TestAnyAPIMayBeUnpublished(t *testing.T) {
	whole := small(t)
	whole.quiet()
	stored := func(w *world) (n int) {
		for _, kind := range events.Kinds() {
			rows, _ := w.last(kind)
			n += min(len(rows), 1)
		}
		return n
	}
	kinds := stored(whole)
	alone := map[codeartstest.API]int{ // kinds that come from it alone
		codeartstest.APIStatuses: 0, codeartstest.APIDetail: 2, codeartstest.APIStepLog: 0, codeartstest.APIGroups: 1, codeartstest.APIRepositories: 1,
		codeartstest.APIGates: 1, codeartstest.APIBuildTenants: 1, codeartstest.APIBuildGroups: 1,
		codeartstest.APIRuns:      1, // the coverage
		codeartstest.APIPipelines: 5, // pipeline, run, coverage, detail and step log: the others only look at what it has shown
		codeartstest.APITemplates: 2, codeartstest.APITemplate: 1, codeartstest.APIRules: 2, codeartstest.APIRule: 1,
		codeartstest.APIRuleSets: 0, codeartstest.APIRuleSet: 0, codeartstest.APIProjectRuleSets: 0, codeartstest.APIProjectRuleSet: 0,
		codeartstest.APIOpenSourcePolicies: 0, codeartstest.APIOpenSourcePolicy: 0, codeartstest.APIProjectOpenSourcePolicies: 0, codeartstest.APIProjectOpenSourcePolicy: 0,
	}
	for _, api := range few(slices.Sorted(maps.Keys(alone))) {
		t.Run(string(api), func(t *testing.T) {
			w := small(t)
			var log bytes.Buffer
			w.collector.Slog = slog.New(slog.NewTextHandler(&log, nil))
			w.sim.Inject(api, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: 404, Code: "APIG.0101", Times: -1})
			w.quiet() // polls until nothing changes, and no poller fails
			calls := w.calls(func() { w.once() })[string(api)]
			if calls != 0 {
				t.Errorf("%d calls while it rests", calls)
			}
			w.clock.forward(61 * time.Minute)
			w.quiet()
			if got := stored(w); got != kinds-alone[api] {
				t.Errorf("%d kinds are stored, want %d", got, kinds-alone[api])
			}
			warned := map[string]int{}
			for _, line := range strings.Split(log.String(), "\n") {
				if strings.Contains(line, "level=WARN") && strings.Contains(line, "APIG.0101") {
					_, of, _ := strings.Cut(line, "project=")
					of, _, _ = strings.Cut(of, " until=")
					warned[of]++
				}
			}
			if len(warned) == 0 {
				t.Errorf("nobody says it:\n%s", log.String())
			}
			for of, n := range warned {
				if n != 1 {
					t.Errorf("%d warnings of %s", n, of)
				}
			}
		})
	}
}

// TestListWithoutDetails: where only the details are unpublished the list is complete, and its poller is fresh.
func TestListWithoutDetails(t *testing.T) {
	w := small(t)
	w.sim.Inject(codeartstest.APIRule, codeartstest.Fault{Kind: codeartstest.FaultStatus, Status: 404, Code: "APIGW.0101", Times: -1})
	w.quiet()
	polls := w.polls("rules")
	if len(polls) != 1 || !polls[0].Complete || polls[0].Errors != 0 || polls[0].Total != len(w.sim.Truth(w.clock.now()).Rules) {
		t.Errorf("the rounds of rules: %+v", polls)
	}
	if n := count(t, w.metrics.resting.WithLabelValues("acme", "", "rules details")); n != 1 {
		t.Errorf("the metric says %v", n)
	}
	w.sim.Heal()
	w.clock.forward(time.Hour)
	w.quiet()
	w.configs(w.sim.Truth(w.clock.now()))
	if n := count(t, w.metrics.resting.WithLabelValues("acme", "", "rules details")); n != 0 {
		t.Errorf("the metric says %v after the rest", n)
	}
}
