package schema

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// rulesWorld: the pipeline "shop-release" of the project "Web shop" is in the group Services/Shop. Run r1 deploys two
// services in two stages, the first at the second try; r2 is a run of a tag; r3 belongs to a pipeline that no list showed.
func rulesWorld(t *testing.T, conn driver.Conn) {
	t.Helper()
	var events []Event
	add := func(kind, id, body string) {
		events = append(events, newEvent(uint64(len(events)+1), testProject, kind, id, "created", body))
	}
	add("pipeline_group", "g1", `{"name":"Services","path_id":"g1"}`)
	add("pipeline_group", "g2", `{"name":"Shop","path_id":"g1.g2","parent_id":"g1"}`)
	add("pipeline", "p1", `{"name":"shop-release","project_name":"Web shop"}`)
	add("run_detail", "r1", `{"pipeline_id":"p1","group_id":"g2"}`)
	run := func(pipeline, id, branch, tag, message string, stages ...string) {
		add("run", id, fmt.Sprintf(`{"pipeline_id":%q,"run_number":1,"status":"COMPLETED","build_params":{"commit_id":"c","target_branch":%q,"tag":%q,"message":%q},"stage_status_list":[%s]}`,
			pipeline, branch, tag, message, strings.Join(stages, ",")))
	}
	run("p1", "r1", "main", "", "first", stage("build", "COMPLETED", "2026-03-01 10:00:00", "2026-03-01 10:01:00"), stage("deploy shop", "FAILED", "2026-03-01 10:02:00", "2026-03-01 10:03:00"))
	run("p1", "r1", "main", "", "first", stage("build", "COMPLETED", "2026-03-01 10:00:00", "2026-03-01 10:01:00"), stage("deploy shop", "COMPLETED", "2026-03-01 10:05:00", "2026-03-01 10:06:00"),
		stage("deploy cart", "COMPLETED", "2026-03-01 10:07:00", "2026-03-01 10:08:00"), stage("deploy staging", "COMPLETED", "2026-03-01 10:07:00", "2026-03-01 10:08:00"))
	run("p1", "r2", "", "v1.2", "fix: HOTFIX of the cart", stage("deploy shop", "COMPLETED", "2026-03-02 10:02:00", "2026-03-02 10:03:00"))
	run("p2", "r3", "main", "", "other", stage("production", "CANCELED", "2026-03-02 10:02:00", "2026-03-02 10:03:00"))
	insert(t, conn, events...)
}

var shopRules = RuleSet{
	AttributionMS: 86400000, RollbackMS: 3600000, Zone: "Europe/Dublin",
	Rules: []DeploymentRule{
		{Name: "not staging", Stage: "staging", Ignore: true},
		{Name: "cart", Project: "^Web", Pipeline: "^(.*)-release$", Stage: "cart$", Service: "{1}/cart", Environment: "production"},
		{Name: "tags", Tag: "^v[0-9]", Stage: "^deploy", Service: "{pipeline} {stage}", Environment: "production"},
		{Name: "shop", Tenant: "acme", Project: testProject, Group: "^Services/Shop$", PipelineID: "p1", Branch: "^main$", Stage: "^deploy ", Service: "shop", Environment: "production"},
	},
	Markers: []DeploymentMarker{{Kind: "hotfix", Message: `(?i)\bhotfix`, Branch: "^hotfix/"}},
}

func deploymentRows(t *testing.T, conn driver.Conn) string {
	t.Helper()
	return marshal(t, queryRows(t, conn, "SELECT run_id AS run, stage, service, environment, rule, marker, succeeded FROM deployments ORDER BY run, finished_at, stage"))
}

func mustActivate(t *testing.T, conn driver.Conn, set *RuleSet, revision uint32) Activation {
	t.Helper()
	a, err := ActivateRules(t.Context(), conn, set, revision)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

const guessed = `[{"environment":"production","marker":"","rule":"guess from the stage name","run":"r3","service":"p2","stage":"production","succeeded":null}]`

const byShopRules = `[{"environment":"production","marker":"","rule":"shop","run":"r1","service":"shop","stage":"deploy shop","succeeded":false},` +
	`{"environment":"production","marker":"","rule":"shop","run":"r1","service":"shop","stage":"deploy shop","succeeded":true},` +
	`{"environment":"production","marker":"","rule":"cart","run":"r1","service":"shop/cart","stage":"deploy cart","succeeded":true},` +
	`{"environment":"production","marker":"hotfix","rule":"tags","run":"r2","service":"shop-release deploy shop","stage":"deploy shop","succeeded":true}]`

// A change of rules re-states the past from rows that are stored already; each attempt is one deployment of one service.
func TestDeploymentRules(t *testing.T) {
	conn := migratedDB(t)
	rulesWorld(t, conn)
	if got := deploymentRows(t, conn); got != guessed {
		t.Errorf("by the built-in guess\n%s, want\n%s", got, guessed)
	}
	first := mustActivate(t, conn, &shopRules, 0)
	if !first.Changed || first.Source != "configuration" || len(first.Version) != 16 {
		t.Errorf("the first activation is %+v", first)
	}
	if got := deploymentRows(t, conn); got != byShopRules {
		t.Errorf("by the rules\n%s, want\n%s", got, byShopRules)
	}
	if again := mustActivate(t, conn, &shopRules, 0); again.Changed || again.Version != first.Version {
		t.Errorf("the same rules again: %+v", again)
	}
	if back := mustActivate(t, conn, nil, 0); !back.Changed || back.Source != "built-in guess" {
		t.Errorf("without rules: %+v", back)
	}
	if got := deploymentRows(t, conn); got != guessed {
		t.Errorf("without rules\n%s, want\n%s", got, guessed)
	}
	if n := len(queryRows(t, conn, "SELECT * FROM deployment_rule_sets FINAL")); n != 2 {
		t.Errorf("the ledger has %d rows, want 2", n)
	}
}

// Two loaders with different rules do not take turns: each writes once, at its start, and a higher revision stays.
func TestTwoLoadersWithDifferentRules(t *testing.T) {
	conn := migratedDB(t)
	other := shopRules
	other.Zone = "UTC"
	old := mustActivate(t, conn, &shopRules, 1)
	if newer := mustActivate(t, conn, &other, 2); !newer.Changed || newer.Version == old.Version {
		t.Fatalf("the newer rules: %+v", newer)
	}
	for _, set := range []*RuleSet{&shopRules, nil} { // the old loader comes back, and one that knows of no rules
		if a := mustActivate(t, conn, set, 1); a.Changed || !a.Outdated || a.Revision != 2 {
			t.Errorf("an older revision: %+v", a)
		}
	}
	if a := mustActivate(t, conn, &shopRules, 2); !a.Changed || a.Version != old.Version {
		t.Errorf("of one revision the last start wins: %+v", a)
	}
}

// An activation whose reply is lost is found by the next try; one that was not applied is made then.
func TestActivateRulesFailing(t *testing.T) {
	for _, applied := range []bool{false, true} {
		conn := migratedDB(t)
		rulesWorld(t, conn)
		if _, err := ActivateRules(t.Context(), &failingConn{Conn: conn, applied: applied}, &shopRules, 0); err == nil {
			t.Fatal("the failure is not reported")
		}
		if a := mustActivate(t, conn, &shopRules, 0); a.Changed == applied {
			t.Errorf("applied %t: the next try says %+v", applied, a)
		}
		if n := len(queryRows(t, conn, "SELECT * FROM deployment_rule_sets FINAL")); n != 1 {
			t.Errorf("applied %t: the ledger has %d rows", applied, n)
		}
		if got := deploymentRows(t, conn); got != byShopRules {
			t.Errorf("applied %t: %s", applied, got)
		}
	}
}

// An expression that the engine can not read never comes into force: every number would be an error.
func TestActivateRulesRefusesBadExpressions(t *testing.T) {
	conn := migratedDB(t)
	for _, bad := range []RuleSet{
		{Rules: []DeploymentRule{{Name: "x", Stage: "("}}},
		{Rules: []DeploymentRule{{Name: "x", Tag: "a**"}}},
		{Rules: []DeploymentRule{{Name: "x", Stage: "x"}}, Markers: []DeploymentMarker{{Kind: "hotfix", Message: "[z"}}},
	} {
		if _, err := ActivateRules(t.Context(), conn, &bad, 0); err == nil || !strings.Contains(err.Error(), "checking the deployment rules") {
			t.Errorf("%+v: %v", bad, err)
		}
	}
	if n := len(queryRows(t, conn, "SELECT * FROM deployment_rule_sets FINAL")); n != 0 {
		t.Errorf("%d rule sets are in the ledger", n)
	}
}

// failingConn fails every statement that writes, after or before it was applied.
type failingConn struct {
	driver.Conn
	applied bool
}

func (c *failingConn) Exec(ctx context.Context, query string, args ...any) error {
	if c.applied {
		if err := c.Conn.Exec(ctx, query, args...); err != nil {
			return err
		}
	}
	return errors.New("connection reset by peer")
}

func rulesQuery(t *testing.T, conn driver.Conn, name string, set RuleSet, run string) string {
	t.Helper()
	query, _, err := Statement(name)
	if err != nil {
		t.Fatal(err)
	}
	text, err := set.Text()
	if err != nil {
		t.Fatal(err)
	}
	literal := "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
	return marshal(t, queryRows(t, conn, strings.NewReplacer("{rules:String}", literal, "{run:String}", "'"+run+"'", "{days:UInt32}", "36500").Replace(query)))
}

// Preview asks the same SQL with rules that are not in force, and writes nothing.
func TestRulesPreview(t *testing.T) {
	conn := migratedDB(t)
	rulesWorld(t, conn)
	for name, want := range map[string]string{
		"rules_matched": `[{"earlier_rule_decided":0,"environment":"no deployment","failed":0,"n":1,"number":1,"pipelines":1,"rule":"not staging","services":"","succeeded":1},` +
			`{"earlier_rule_decided":0,"environment":"production","failed":0,"n":1,"number":2,"pipelines":1,"rule":"cart","services":"shop/cart","succeeded":1},` +
			`{"earlier_rule_decided":0,"environment":"production","failed":0,"n":1,"number":3,"pipelines":1,"rule":"tags","services":"shop-release deploy shop","succeeded":1},` +
			`{"earlier_rule_decided":2,"environment":"production","failed":1,"n":2,"number":4,"pipelines":1,"rule":"shop","services":"shop","succeeded":1}]`,
		"rules_changed": `[{"in_force":"p2 to production","n":1,"pipeline":"p2","project":"Web shop","stage":"production","succeeded":0,"tenant":"acme","would_be":"no deployment"},` +
			`{"in_force":"no deployment","n":1,"pipeline":"shop-release","project":"Web shop","stage":"deploy cart","succeeded":1,"tenant":"acme","would_be":"shop/cart to production"},` +
			`{"in_force":"no deployment","n":2,"pipeline":"shop-release","project":"Web shop","stage":"deploy shop","succeeded":1,"tenant":"acme","would_be":"shop to production"},` +
			`{"in_force":"no deployment","n":1,"pipeline":"shop-release","project":"Web shop","stage":"deploy shop","succeeded":1,"tenant":"acme","would_be":"shop-release deploy shop to production (hotfix)"}]`,
		// Rule 4 takes both attempts of r1's stage, rule 3 that of r2, which is for a tag; nobody takes the build and the other pipeline.
		"rules_stages_matched": `[` +
			`{"deploys":"shop-release deploy shop to production","failed":0,"n":1,"number":3,"pipeline":"shop-release","project":"Web shop","rule":"tags","stage":"deploy shop","succeeded":1,"tenant":"acme"},` +
			`{"deploys":"shop to production","failed":1,"n":2,"number":4,"pipeline":"shop-release","project":"Web shop","rule":"shop","stage":"deploy shop","succeeded":1,"tenant":"acme"},` +
			`{"deploys":"shop/cart to production","failed":0,"n":1,"number":2,"pipeline":"shop-release","project":"Web shop","rule":"cart","stage":"deploy cart","succeeded":1,"tenant":"acme"},` +
			`{"deploys":"no deployment","failed":0,"n":1,"number":1,"pipeline":"shop-release","project":"Web shop","rule":"not staging","stage":"deploy staging","succeeded":1,"tenant":"acme"}]`,
		"rules_stages_unmatched": `[` +
			`{"failed":0,"n":1,"pipeline":"p2","project":"Web shop","stage":"production","succeeded":0,"tenant":"acme"},` +
			`{"failed":0,"n":1,"pipeline":"shop-release","project":"Web shop","stage":"build","succeeded":1,"tenant":"acme"}]`,
		"rules_unknown":      `[{"newest":"r3","pipeline":"p2","project":"Web shop","runs":1,"stages":"production","tenant":"acme"}]`,
		"rules_unknown_runs": `[{"first_stage_at":"2026-03-02 02:02:00.000","number":1,"pipeline":"p2","pipeline_id":"p2","project":"Web shop","run":"r3","stages":["production"],"tenant":"acme"}]`,
	} {
		if got := rulesQuery(t, conn, name, shopRules, ""); got != want {
			t.Errorf("%s gives\n%s, want\n%s", name, got, want)
		}
	}
	if got := deploymentRows(t, conn); got != guessed {
		t.Errorf("after the preview\n%s", got)
	}
	mustActivate(t, conn, &shopRules, 0)
	if got := rulesQuery(t, conn, "rules_changed", shopRules, ""); got != "[]" {
		t.Errorf("the rules in force differ from themselves: %s", got)
	}
}

// Of the runs that no rule knows the newest three are named, the newest first; the list of all has every one.
func TestRulesPreviewNamesTheNewestRuns(t *testing.T) {
	conn := migratedDB(t)
	var events []Event
	for i, id := range []string{"c", "a", "e", "b", "d"} {
		at := fmt.Sprintf("2026-03-0%d 10:00:00", i+1)
		events = append(events, newEvent(uint64(i+1), testProject, "run", id, "created",
			fmt.Sprintf(`{"pipeline_id":"p","run_number":%d,"status":"COMPLETED","stage_status_list":[%s]}`, i+1, stage("build", "COMPLETED", at, at))))
	}
	insert(t, conn, events...)
	want := `[{"newest":"d b e","pipeline":"p","project":"` + testProject + `","runs":5,"stages":"build","tenant":"acme"}]`
	if got := rulesQuery(t, conn, "rules_unknown", shopRules, ""); got != want {
		t.Errorf("got\n%s, want\n%s", got, want)
	}
	if got := rulesQuery(t, conn, "rules_unknown_runs", shopRules, ""); strings.Count(got, `"run":`) != 5 || !strings.HasPrefix(got[strings.Index(got, `"run":`):], `"run":"d"`) {
		t.Errorf("all of them are %s", got)
	}
}

func TestExplainRun(t *testing.T) {
	conn := migratedDB(t)
	rulesWorld(t, conn)
	for name, want := range map[string]string{
		"explain_run":    `[{"branch":"","commit":"c","group_path":"Services/Shop","number":1,"pipeline":"shop-release","project":"Web shop","status":"COMPLETED","tag":"v1.2","tenant":"acme","trigger":""}]`,
		"explain_stages": `[{"ended_at":"2026-03-02 02:03:00.000","marker":"hotfix","position":0,"rule":"tags","stage":"deploy shop","started_at":"2026-03-02 02:02:00.000","status":"COMPLETED","verdict":"deploys shop-release deploy shop to production"}]`,
		"explain_rules": `[` +
			`{"condition":"stage","found":"deploy shop","met":"NO","number":1,"position":0,"rule":"not staging","stage":"deploy shop","started_at":"2026-03-02 02:02:00.000","verdict":"does not hold","wanted":"staging"},` +
			`{"condition":"project","found":"Web shop","met":"yes","number":2,"position":0,"rule":"cart","stage":"deploy shop","started_at":"2026-03-02 02:02:00.000","verdict":"does not hold","wanted":"^Web"},` +
			`{"condition":"pipeline","found":"shop-release","met":"yes","number":2,"position":0,"rule":"cart","stage":"deploy shop","started_at":"2026-03-02 02:02:00.000","verdict":"does not hold","wanted":"^(.*)-release$"},` +
			`{"condition":"stage","found":"deploy shop","met":"NO","number":2,"position":0,"rule":"cart","stage":"deploy shop","started_at":"2026-03-02 02:02:00.000","verdict":"does not hold","wanted":"cart$"},` +
			`{"condition":"stage","found":"deploy shop","met":"yes","number":3,"position":0,"rule":"tags","stage":"deploy shop","started_at":"2026-03-02 02:02:00.000","verdict":"decides","wanted":"^deploy"},` +
			`{"condition":"tag","found":"v1.2","met":"yes","number":3,"position":0,"rule":"tags","stage":"deploy shop","started_at":"2026-03-02 02:02:00.000","verdict":"decides","wanted":"^v[0-9]"},` +
			`{"condition":"tenant","found":"acme","met":"yes","number":4,`,
	} {
		if got := rulesQuery(t, conn, name, shopRules, "r2"); got != want && !strings.HasPrefix(got, want) {
			t.Errorf("%s gives\n%s, want\n%s", name, got, want)
		}
	}
	if got := rulesQuery(t, conn, "explain_rules", shopRules, "r2"); !strings.Contains(got, `"condition":"branch","found":"(none)","met":"NO","number":4`) {
		t.Errorf("nothing says that rule 4 wants another branch: %s", got)
	}
}
