package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/schema"
)

// put puts settings in force, as a loader's start does.
func (w *world) put(s schema.Settings) {
	w.t.Helper()
	if s.Production == nil {
		s.Production = []string{"production"}
	}
	if _, err := schema.ActivateSettings(w.t.Context(), w.conn, s); err != nil {
		w.t.Fatal(err)
	}
}

// fires fails unless so many alerts of a rule fire, and returns what the last one says. The rule is that of the generated file in
// each call: nothing is generated anew between two settings.
func (w *world) fires(uid, when string, want int) map[string]string {
	w.t.Helper()
	g, a := ruleOf(w.t, uid)
	alerts, told := firing(w.t, w.conn, g, a)
	if len(alerts) != want {
		w.t.Errorf("%s: %d alerts fire, want %d: %v", when, len(alerts), want, alerts)
	}
	return told
}

// Every limit is that of the tenant, as soon as it is in force.
func TestLimitsAreThoseOfTheTenant(t *testing.T) {
	w := &world{conn: migratedDB(t)}
	cases := map[string]alertCase{}
	for _, c := range alertCases() {
		cases[c.uid] = c
	}
	for _, c := range []struct {
		uid, limit string
		wider      float64 // what the case plants is within it
		closer     float64 // and beyond this one
	}{
		{"artery-stage-red", "red", 26 * 3600, 3600}, // red for 25 hours
		{"artery-queue-wait", "queue", 601, 599},     // 600 seconds
		{"artery-pipeline-silent", "silent", 22, 2},
		{"artery-repository-full", "repository_percent", 91.5, 91}, // 91.15 %
		{"artery-repository-soon", "repository_days", 10, 11},      // 10.7 days
		{"artery-gate-weakened", "gate_weakened", 3600, 3 * 3600},  // two hours ago
		{"artery-last-message", "last_message", 21 * 60, 19 * 60},  // 20 minutes ago
		{"artery-judging", "judging", 21 * 60, 19 * 60},
	} {
		t.Run(c.uid, func(t *testing.T) {
			w.t, w.tenant = t, c.uid
			cases[c.uid].plant(w)
			w.store(w.conn)
			tenant := w.tenant
			if c.limit == "judging" {
				tenant = "" // it is of all of them
			}
			w.put(schema.Settings{Limits: []schema.AlertLimit{{Name: c.limit, Tenant: tenant, Value: c.wider}}})
			w.fires(c.uid, "a limit that it does not reach", 0)
			w.put(schema.Settings{Limits: []schema.AlertLimit{{Name: c.limit, Tenant: "another", Value: c.wider}, {Name: c.limit, Project: "^another$", Value: c.wider}}})
			w.fires(c.uid, "that limit, of another tenant and another project", 1)
			g, a := ruleOf(t, c.uid)
			before, _ := firing(t, w.conn, g, a)
			w.put(schema.Settings{Limits: []schema.AlertLimit{{Name: c.limit, Tenant: tenant, Value: c.closer}}})
			if after, _ := firing(t, w.conn, g, a); !slices.Equal(after, before) {
				t.Errorf("another limit makes another alert of it: %v, before %v", after, before)
			}
			cases[c.uid].recover(w)
			w.store(w.conn)
		})
	}
}

// A limit of a project, and where the alert leads.
func TestAProjectHasALimitOfItsOwn(t *testing.T) {
	w := &world{log{t: t}, migratedDB(t), "acme"}
	w.shop()
	w.deploy(1, "test", "FAILED", lately(25*time.Hour))
	w.store(w.conn)
	w.put(schema.Settings{Limits: []schema.AlertLimit{{Name: "red", Project: "^Alpha$", Value: 5400}, {Name: "red", Value: 99 * 3600}}, Pages: map[string]map[string]string{
		"acme": {"run": "https://ca.example.com/{project_id}/{run_id}"}, "another": {"run": "https://wrong.example.com/{run_id}"}}})
	told := w.fires("artery-stage-red", "a limit of its project", 1)
	if want := " It fires by the limit red of the configuration (alerts.limits)."; !strings.HasSuffix(told["runbook"], want) {
		t.Errorf("it says %q, want %q at the end", told["runbook"], want)
	}
	if want := "https://ca.example.com/" + alpha + "/p-shop-1"; told["codearts"] != want {
		t.Errorf("it leads to %q, want the page of the tenant: %q", told["codearts"], want)
	}
}

// What production is called is up to the rules and the configuration.
func TestProductionMayHaveAnotherName(t *testing.T) {
	w := &world{log{t: t}, migratedDB(t), "acme"}
	rules := schema.RuleSet{Zone: "UTC", AttributionMS: 86400_000, RollbackMS: 86400_000, Rules: []schema.DeploymentRule{
		{Name: "live", Stage: "^roll-out$", Service: "{pipeline}", Environment: "prod"}, {Name: "stage", Stage: "^try$", Service: "{pipeline}", Environment: "staging"}}}
	if _, err := schema.ActivateRules(t.Context(), w.conn, &rules, 0); err != nil {
		t.Fatal(err)
	}
	w.shop()
	w.deploy(1, "roll-out", "FAILED", lately(time.Hour))
	w.deploy(2, "try", "FAILED", lately(time.Hour))
	w.store(w.conn)
	w.fires("artery-stage-newly-failing", "production is called otherwise", 0)
	w.put(schema.Settings{Production: []string{"live", "prod"}})
	told := w.fires("artery-stage-newly-failing", "production is called so", 1)
	w.put(schema.Settings{Production: []string{"prod"}, ProductionOf: []schema.Production{{Tenant: "acme", Project: "^Alpha$", Environments: []string{"live"}}}})
	w.fires("artery-stage-newly-failing", "it is called otherwise in this project", 0)
	w.put(schema.Settings{ProductionOf: []schema.Production{
		{Tenant: "another", Environments: []string{"live"}}, {Project: "^Beta", Environments: []string{"live"}}, {Tenant: "acme", Environments: []string{"prod"}}, {Environments: []string{"live"}}}})
	w.fires("artery-stage-newly-failing", "the first entry that holds is that of the tenant", 1)
	if want := "shop: stage roll-out of shop fails since run 1, commit c1, branch main, started by ada"; told["summary"] != want {
		t.Errorf("it says %q, want %q", told["summary"], want)
	}
}

// Two stages of one name in a pipeline are two alerts, also where they fail in one run.
func TestStagesOfOneName(t *testing.T) {
	w := &world{log{t: t}, migratedDB(t), "acme"}
	w.shop()
	end := lately(25 * time.Hour)
	failed := stage{"deploy-prod", "FAILED", end.Add(-time.Minute), end}
	w.run("acme", alpha, "p-shop", 1, "FAILED", end.Add(-time.Minute), end, "created", failed, failed)
	w.store(w.conn)
	for _, uid := range []string{"artery-stage-newly-failing", "artery-stage-red"} {
		w.fires(uid, "two of one name", 2)
	}
}

// Names may be given twice: alerts are told apart by ids.
func TestAlertsOfOneName(t *testing.T) {
	w := &world{log{t: t}, migratedDB(t), "acme"}
	for id, project := range []string{alpha, beta} {
		w.pipeline("acme", project, "Twin", project, "shop", lately(40*days))
		for i := range 7 {
			w.run("acme", project, project, i+1, "COMPLETED", lately(27*days-time.Duration(i)*days), lately(27*days-time.Duration(i)*days), "created")
		}
		w.poll("acme", project, "pipelines", lately(time.Minute), true, 1, 0, "pipeline", "run")
		w.poll("acme", project, "gates", lately(2*time.Hour), true, 1, 0, "gate")
		for i := range 11 {
			w.repository("acme", alpha, "Twin", id, "web", "changed", lately(10*days-time.Duration(i)*days), float64(18000+1000*i))
		}
	}
	w.store(w.conn)
	for _, uid := range []string{"artery-pipeline-silent", "artery-freshness", "artery-repository-full", "artery-repository-soon"} {
		told := w.fires(uid, "two of one name", 2)
		if link := told["dashboard"]; !strings.Contains(link, "&var-project="+alpha) && !strings.Contains(link, "&var-project="+beta) {
			t.Errorf("%s leads to all projects: %s", uid, link)
		}
	}
}
