package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// gateWorld: Alpha had the gate of the tenant, allowed five critical issues and switched the major ones off ten days ago, with
// thresholds of what was off or was switched off, and dropped all checks but two the day before yesterday. Delta is stricter. Beta
// has no gate; of Epsilon nothing is known, nor of Zeta, which was created three days ago. Alpha and Delta each have a rule set of the same name, with a rule that is on and one that is off.
func gateWorld(t testing.TB, conn driver.Conn) {
	t.Helper()
	l := &log{t: t}
	delta, epsilon, zeta := strings.Repeat("d", 32), strings.Repeat("e", 32), strings.Repeat("f", 32)
	days := func(n int) time.Time { return ago(time.Duration(n) * 24 * time.Hour) }
	for _, p := range [][3]string{{alpha, "Alpha", "shop"}, {beta, "Beta", "b"}, {delta, "Delta", "d"}, {epsilon, "Epsilon", "e"}} {
		l.pipeline("acme", p[0], p[1], p[2], p[2], days(30))
	}
	l.add("acme", "_tenant", "project", zeta, "created", days(3), object{"project_id": zeta, "project_name": "Zeta", "created_time": days(3).UnixMilli()})
	l.poll("acme", beta, "gates", days(20), true, 0, 0, "gate")
	l.poll("acme", epsilon, "gates", days(20), false, 0, 1, "gate") // no answer
	l.gate("acme", "_tenant", "created", days(20), item("critical", 1, 0), item("major", 1, 3), item("minor", 0, 9))
	l.gate("acme", alpha, "created", days(20), item("critical", 1, 0), item("major", 1, 3), item("minor", 0, 9))
	l.gate("acme", alpha, "changed", days(10), item("critical", 1, 5), item("major", 0, 30), item("minor", 0, 99))
	l.gate("acme", alpha, "changed", days(2), item("critical", 1, 5), item("new", 1, 1))
	l.gate("acme", delta, "created", days(20), item("critical", 1, 0), item("major", 1, 1), item("minor", 1, 9))
	for _, set := range [][3]string{{alpha, "i1", "70"}, {delta, "i9", "80"}} {
		content := []object{{"group_name": "g", "properties": []object{{"key": "cov", "name": "coverage", "operator": ">=", "value": set[2]}}}}
		l.add("acme", set[0], "rule_set_detail", "set-"+set[1], "created", days(1), object{"name": "policy", "is_valid": true, "rule_instances": []object{
			{"id": set[1], "name": "tests", "is_valid": true, "content": content}, {"id": "off-" + set[1], "name": "trial", "is_valid": false, "content": content}}})
	}
	for i, run := range []struct {
		back   int
		status string
	}{{25, "COMPLETED"}, {15, "COMPLETED"}, {5, "COMPLETED"}, {4, "FAILED"}, {1, "COMPLETED"}} {
		end := days(run.back)
		l.run("acme", alpha, "shop", i+1, run.status, end.Add(-time.Minute), end, "created", stage{"deploy-prod", run.status, end.Add(-time.Minute), end})
	}
	l.store(conn)
}

func TestGateNumbers(t *testing.T) {
	conn := migratedDB(t)
	gateWorld(t, conn)
	const days = 24 * time.Hour
	all := everything(45 * days)
	minute := func(back time.Duration) string { return ago(back).Format("2006-01-02 15:04") }
	past := view{from: ago(45 * days), to: ago(5 * days), interval: time.Hour}
	onlyAlpha := past
	onlyAlpha.project = []string{alpha}
	against := all
	against.inputs = map[string]string{"baseline": strings.Repeat("d", 32)}
	tests := []struct {
		name, query string
		view        view
		columns     string
		want        []string
	}{
		{
			"drift from the tenant; what the tenant switched off is missed by nobody", "dash_gate_drift", all, "project kind item field effect baseline_value value",
			[]string{
				"Alpha | gate | critical | value | weaker | 0 | 5", "Alpha | gate | major | exists | weaker | true | false",
				"Alpha | gate | minor | exists | differs | true | false", "Alpha | gate | new | exists | stronger | false | true",
				"Delta | gate | major | value | stronger | 3 | 1", "Delta | gate | minor | checked | stronger | false | true",
			},
		},
		{
			"drift from a project; rule sets of one name are compared", "dash_gate_drift", against, "project kind item field effect baseline_value value",
			[]string{
				"Alpha | gate | critical | value | weaker | 0 | 5", "Alpha | gate | major | exists | weaker | true | false",
				"Alpha | gate | minor | exists | weaker | true | false", "Alpha | rule_set | tests / coverage | value | weaker | 80 | 70",
				"Alpha | gate | new | exists | stronger | false | true", "Alpha | rule_set | trial / coverage | value | differs | 80 | 70",
			},
		},
		{
			"drift as of five days ago", "dash_gate_drift", onlyAlpha, "item field effect baseline_value value since",
			[]string{"critical | value | weaker | 0 | 5 | " + minute(10*days), "major | checked | weaker | true | false | " + minute(10*days),
				"major | value | differs | 3 | 30 | " + minute(10*days), "minor | value | differs | 9 | 99 | " + minute(10*days)},
		},
		{
			"settings as of five days ago", "dash_gate_settings", onlyAlpha, "project item field value",
			[]string{
				"(tenant) | critical | checked | true", "(tenant) | critical | compare | ≤", "(tenant) | critical | value | 0",
				"(tenant) | major | checked | true", "(tenant) | major | compare | ≤", "(tenant) | major | value | 3",
				"(tenant) | minor | checked | false", "(tenant) | minor | compare | ≤", "(tenant) | minor | value | 9",
				"Alpha | critical | checked | true", "Alpha | critical | compare | ≤", "Alpha | critical | value | 5",
				"Alpha | major | checked | false", "Alpha | major | compare | ≤", "Alpha | major | value | 30",
				"Alpha | minor | checked | false", "Alpha | minor | compare | ≤", "Alpha | minor | value | 99",
			},
		},
		{"what was not seen yet is not known", "dash_gate_settings", view{from: ago(45 * days), to: ago(21 * days), interval: time.Hour}, "project", nil},
		{
			// Alpha: the gate itself, four fields of critical, and major, minor and new as a whole. Delta: the gate and four fields of three items.
			"coverage", "dash_gate_coverage", all, "project gate checks_on checks rule_sets open_source weaker stronger n",
			[]string{
				"Beta | no gate | 0 | 0 | 0 | 0 | NULL | NULL | 0", "Epsilon | unknown | NULL | NULL | 0 | 0 | NULL | NULL | 0",
				"Zeta | unknown | NULL | NULL | 0 | 0 | NULL | NULL | 0",
				"Alpha | on | 2 | 2 | 1 | 0 | 2 | 1 | 8", "Delta | on | 3 | 3 | 1 | 0 | 0 | 2 | 13",
			},
		},
		{"share of projects", "dash_gate_coverage_share", all, "covered n unknown", []string{"0.6667 | 3 | 2"}},
		{"share of projects five days ago", "dash_gate_coverage_share", past, "covered n unknown", []string{"0.6667 | 3 | 1"}},
		{"directions", "dash_gate_directions", all, "weakened strengthened changed", []string{"2 | 1 | 4"}},
		{
			"deployments while the gate was weaker", "dash_gate_weak_deployments", all, "finished_at service environment run_number commit_id weaker items",
			[]string{
				minute(days) + " | shop | production | 5 | c5 | 2 | critical value, major exists",
				minute(5*days) + " | shop | production | 3 | c3 | 2 | critical value, major checked",
			},
		},
		{"baselines", "dash_var_baseline", all, "text", []string{"Tenant", "Alpha", "Beta", "Delta", "Epsilon", "Zeta"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cells(t, conn, tt.view, tt.query, strings.Fields(tt.columns)...); !slices.Equal(got, tt.want) {
				t.Errorf("%s\n got %s\nwant %s", tt.query, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		})
	}
}

// gateHistory: one project with a gate, a rule set and an open-source policy of the same names as the tenant, a deployment on most
// days, and what is done to either between them. Days count back from now; each deployment is at its day's hour.
func gateHistory(t testing.TB, conn driver.Conn) {
	t.Helper()
	l := &log{t: t}
	delta := strings.Repeat("d", 32)
	back := func(days float64) time.Time { return ago(time.Duration(days * 24 * float64(time.Hour))) }
	l.pipeline("acme", alpha, "Alpha", "shop", "shop", back(30))
	l.pipeline("acme", delta, "Delta", "d", "d", back(30))
	set := func(scope, id, name, op string, days float64, valid bool, coverage string) {
		l.add("acme", scope, "rule_set_detail", id, op, back(days), object{"name": name, "is_valid": valid, "rule_instances": []object{{
			"id": "r-" + id, "name": "tests", "is_valid": true, "content": []object{{"group_name": "g", "properties": []object{{"key": "cov", "name": "coverage", "operator": ">=", "value": coverage}}}}}}})
	}
	ruleSet := func(scope, id, op string, days float64, coverage string) {
		set(scope, id, "policy", op, days, true, coverage)
	}
	openSource := func(scope, op string, days float64, security bool, severities ...string) {
		l.add("acme", scope, "open_source_rule_set_detail", "oss-"+scope, op, back(days), object{"name": "oss", "is_valid": true, "content": object{
			"security": object{"enable": security, "rules": object{"severity": object{"enable": true, "values": severities}}}}})
	}
	for _, scope := range []string{"_tenant", alpha} {
		l.gate("acme", scope, "created", back(20), item("critical", 1, 5))
		ruleSet(scope, "set-"+scope, "created", 20, "80")
		openSource(scope, "created", 20, true, "critical", "high")
		set(scope, "scan-"+scope, "scan", "created", 20, true, "80")
		set(scope, "lint-"+scope, "lint", "created", 20, true, "80")
		set(scope, "trial-"+scope, "trial", "created", 20, scope == alpha, "80") // the tenant's is off
	}
	for _, name := range []string{"scan", "trial"} { // as its list tells it, and its detail an hour later
		l.add("acme", alpha, "rule_set", name+"-"+alpha, "deleted", back(8), object{"name": name})
		set(alpha, name+"-"+alpha, name, "deleted", 8-1./24, true, "80")
	}
	set(alpha, "lint-"+alpha, "lint of ours", "changed", 8, true, "70") // it has no baseline any more, and is there
	set(alpha, "scan-2", "scan", "created", 5.5, true, "80")            // made anew
	set(alpha, "scan-3", "scan", "created", 3.5, true, "80")            // and again, beside the other
	set(alpha, "scan-2", "scan", "deleted", 3.2, true, "80")
	set(alpha, "scan-3", "scan", "deleted", 2.5, true, "80")
	set("_tenant", "scan-_tenant", "scan", "changed", 1.2, true, "85")
	l.gate("acme", "_tenant", "changed", back(16), item("critical", 1, 0)) // the baseline becomes stricter
	l.gate("acme", alpha, "changed", back(14), item("critical", 1, 0))     // and the project follows
	ruleSet(alpha, "set-"+alpha, "changed", 12, "70")
	ruleSet(alpha, "set-"+alpha, "changed", 10, "80") // restored
	openSource(alpha, "changed", 8, false, "critical")
	openSource("_tenant", "deleted", 6, true, "critical", "high") // nothing to compare any more
	l.gate("acme", delta, "created", back(6), item("critical", 1, 3))
	l.gate("acme", alpha, "changed", back(4), item("critical", 1, 5))
	ruleSet(alpha, "set-"+alpha, "changed", 4, "70")
	ruleSet("_tenant", "set-new", "created", 2.5, "60") // made anew with the same name; that the old one is gone is known later
	ruleSet("_tenant", "set-_tenant", "deleted", 1.5, "80")
	for i, days := range []float64{21, 18, 15, 13, 11, 9, 7, 5, 3, 2, 1} {
		end := back(days)
		l.run("acme", alpha, "shop", i+1, "COMPLETED", end.Add(-time.Minute), end, "created", stage{"deploy-prod", "COMPLETED", end.Add(-time.Minute), end})
	}
	l.store(conn)
}

// Each deployment is held against both histories as they were when it ended.
func TestDeploymentsWhileAGateWasWeaker(t *testing.T) {
	conn := migratedDB(t)
	gateHistory(t, conn)
	const days = 24 * time.Hour
	all := everything(45 * days)
	with := func(name, value string) view {
		v := all
		v.inputs = map[string]string{name: value}
		return v
	}
	late := all
	late.from = ago(4 * days)
	for _, c := range []struct {
		name string
		view view
		want []string
	}{
		{"against the tenant", all, []string{
			"11 | 2 | critical value, scan: exists", "10 | 2 | critical value, scan: exists", "9 | 2 | critical value, policy: tests / coverage value",
			"7 | 2 | oss: security, scan: exists", "5 | 1 | policy: tests / coverage value", "3 | 1 | critical value",
		}},
		{"against a project", with("baseline", strings.Repeat("d", 32)), []string{"11 | 1 | critical value", "10 | 1 | critical value", "9 | 1 | critical value"}},
		{"as of twelve days ago", with(asOf.name, ago(12*days).Format(time.DateTime)), []string{"3 | 1 | critical value"}},
		{"what became weaker before the time range", late, []string{"11 | 2 | critical value, scan: exists", "10 | 2 | critical value, scan: exists", "9 | 2 | critical value, policy: tests / coverage value"}},
	} {
		if got := cells(t, conn, c.view, "dash_gate_weak_deployments", "run_number", "weaker", "items"); !slices.Equal(got, c.want) {
			t.Errorf("%s:\n got %q\nwant %q", c.name, got, c.want)
		}
		n := fmt.Sprint(len(c.want))
		if got := cells(t, conn, c.view, "dash_gate_weak_count", "n", "listed"); !slices.Equal(got, []string{n + " | " + n}) {
			t.Errorf("%s: counted are %q", c.name, got)
		}
	}
	// The baseline that is gone and the one that is made anew count in the drift of now too, and so does what the project has no longer.
	drift := []string{
		"Alpha | code check gate | critical | value | weaker", "Alpha | scan |  | exists | weaker", "Delta | code check gate | critical | value | weaker",
		"Alpha | policy | tests / coverage | value | stronger", "Alpha | trial |  | exists | differs",
	}
	if got := cells(t, conn, all, "dash_gate_drift", "project", "config", "item", "field", "effect"); !slices.Equal(got, drift) {
		t.Errorf("drift: got %q, want %q", got, drift)
	}
	// The gate itself and four fields of its item; of Alpha also eleven of the rule set, and one of each that is gone.
	coverage := []string{"Alpha | 2 | 2 | 1 | 18", "Delta | 0 | 1 | 0 | 5"}
	if got := cells(t, conn, all, "dash_gate_coverage", "project", "rule_sets", "weaker", "stronger", "n"); !slices.Equal(got, coverage) {
		t.Errorf("coverage: got %q, want %q", got, coverage)
	}
}
