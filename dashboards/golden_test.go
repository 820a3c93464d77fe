package main

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/schema"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// cells are the rows of a query as text, only the named columns.
func cells(t *testing.T, conn driver.Conn, v view, query string, columns ...string) []string {
	t.Helper()
	sql, _, err := schema.Statement(query)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, row := range ask(t, conn, v.expand(t, sql)).rows {
		var line []string
		for _, c := range columns {
			value, ok := row[c]
			if !ok {
				t.Fatalf("%s has no column %s", query, c)
			}
			switch x := value.(type) {
			case nil:
				line = append(line, "NULL")
			case time.Time:
				line = append(line, x.UTC().Format("2006-01-02 15:04"))
			case float64:
				line = append(line, fmt.Sprintf("%.4g", x))
			default:
				line = append(line, fmt.Sprint(x))
			}
		}
		out = append(out, strings.Join(line, " | "))
	}
	return out
}

func date(back int) string             { return day(back, 0, 0).Format("2006-01-02 15:04") }
func clock(back, hour, min int) string { return day(back, hour, min).Format("2006-01-02 15:04") }

// logLines are the lines of the log of the step that failed.
func logLines(from, to int) string {
	var lines []string
	for n := from; n <= to; n++ {
		lines = append(lines, fmt.Sprintf("[ERROR] line %d", n))
	}
	return strings.Join(lines, "\n")
}

// nights are the rows of the pipeline that ran for a week of nights.
func nights(rest string) (rows []string) {
	for back := 31; back > 24; back-- {
		rows = append(rows, date(back)+rest)
	}
	return rows
}

// Every expected row is worked out by hand from seed.
func TestNumbers(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	priced := everything(45 * 24 * time.Hour)
	priced.inputs = map[string]string{"price_machine": "0.5", "price_waiting": "2"}
	all, one := everything(45*24*time.Hour), narrowed(45*24*time.Hour)
	ourPages := everything(45 * 24 * time.Hour)
	ourPages.inputs = map[string]string{"codearts": "https://ca.example.com/?p={pipeline_id}&r={run_id}"}
	minute := func(back time.Duration) string { return ago(back).Format("2006-01-02 15:04") }
	const days = 24 * time.Hour
	tests := []struct {
		name, query string
		view        view
		columns     string
		want        []string
	}{
		{
			// Runs 3 and 4 failed in deploy-prod after the retry of run 2 had succeeded.
			"a red stage is red since its first failure after the last success", "dash_failed_stages", all,
			"project pipeline stage state red_since first_bad_run first_bad_commit failures run_number commit_id executor last_green_at",
			[]string{"Alpha | shop | deploy-prod | still failing | " + clock(3, 10, 20) + " | 3 | c3 | 2 | 4 | c4 | ada | " + clock(4, 12, 20)},
		},
		{
			"the failed step says why", "dash_failed_steps_now", all, "pipeline run_number stage job step message log_end ended_at",
			// Of 22 lines the last 10.
			[]string{"shop | 4 | deploy-prod | to production | roll out | pods are not ready | " + logLines(13, 22) + " | " + clock(2, 10, 20)},
		},
		{
			// The retry of run 2 ended two hours after its failure. Run 4 found the stage red already.
			"stages that began to fail or recovered", "dash_stage_transitions", all, "at state pipeline stage branch run_number commit_id red_s failures",
			[]string{
				clock(3, 10, 20) + " | newly failing | shop | deploy-prod | main | 3 | c3 | NULL | NULL",
				clock(4, 12, 20) + " | recovered | shop | deploy-prod | main | 2 | c2 | 7200 | 1",
				clock(4, 10, 20) + " | newly failing | shop | deploy-prod | main | 2 | c2 | NULL | NULL",
			},
		},
		{"time to green", "dash_stage_transition_counts", all, "newly n p50 p90", []string{"2 | 1 | 7200 | 7200"}},
		{
			"time to green of a range in which nothing recovered", "dash_stage_transition_counts", view{from: day(3, 0, 0), to: started, interval: time.Hour},
			"newly n p50 p90", []string{"1 | 0 | NULL | NULL"},
		},
		{
			// Runs 2, 3 and 4 failed for ten minutes each; run 1 and the retry of run 2 passed.
			"stages by failures", "dash_failed_pareto_stages", all, "pipeline stage failed n fail_ratio failed_s share cumulated",
			[]string{"shop | deploy-prod | 3 | 5 | 0.6 | 1800 | 1 | 1"},
		},
		{
			"steps by failures", "dash_failed_pareto_steps", all, "stage step failed n fail_ratio pipelines share cumulated message last_failed_at",
			[]string{"deploy-prod | roll out | 2 | 3 | 0.6667 | 1 | 1 | 1 | pods are not ready | " + clock(2, 10, 20)},
		},
		{
			"failures by day; a day without attempts is no zero", "dash_failed_heat_map", all, "time stage failed_attempts",
			[]string{
				date(5) + " | shop / deploy-prod (Alpha) | 0", date(4) + " | shop / deploy-prod (Alpha) | 1", date(3) + " | shop / deploy-prod (Alpha) | 1",
				date(2) + " | shop / deploy-prod (Alpha) | 1",
			},
		},
		{
			"the certificate has the whole day in which the range begins", "dash_certificate", view{from: day(3, 12, 0), to: day(3, 13, 0), interval: time.Hour}, "pipeline day known",
			[]string{"search | " + date(3) + " | 1", "shop | " + date(3) + " | 1"},
		},
		{"failed stages are counted", "dash_failed_count", all, "stages", []string{"1"}},
		{
			"two services of one name stay two; a failed day has no deployment", "dash_deployments_per_day", all, "time service deployments",
			[]string{
				date(5) + " | shop (Alpha) | 1", date(4) + " | shop (Alpha) | 1", date(3) + " | search | 1", date(3) + " | shop (Alpha) | 0",
				date(2) + " | billing | 1", date(2) + " | shop (Alpha) | 0", date(2) + " | shop (Gamma) | 1", date(1) + " | search | 1",
			},
		},
		{
			"a retried stage is two attempts", "dash_deployment_success", all, "time success_ratio n",
			[]string{date(5) + " | 1 | 1", date(4) + " | 0.5 | 2", date(3) + " | 0.5 | 2", date(2) + " | 0.6667 | 3", date(1) + " | 1 | 1"},
		},
		{
			"services", "dash_services", one, "service n deployments failed success_ratio last_deployed_at",
			[]string{"shop | 5 | 2 | 3 | 0.4 | " + clock(4, 12, 20), "search | 2 | 2 | 0 | 1 | " + clock(1, 11, 20)},
		},
		{
			// Run 2 took from 10:00 to 12:20 with its retry: 8,400 s.
			"durations", "dash_run_duration", one, "time p50 p95 n",
			append(nights(" | 300 | 300 | 1"), date(5)+" | 1200 | 1200 | 1", date(4)+" | 8400 | 8400 | 1", date(3)+" | 1200 | 1200 | 2", date(2)+" | 1200 | 1200 | 1", date(1)+" | 1200 | 1200 | 1"),
		},
		{
			"runs that are not over", "dash_running_now", all, "project pipeline run_number status started_at",
			[]string{"Alpha | search | 4 | RUNNING | " + minute(10*time.Minute), "Beta | billing | NULL | QUEUED | " + minute(time.Minute)},
		},
		{
			// Seven nights of 300 s, seven runs of 1,200 s, and run 2 with its retry.
			"success of runs", "dash_run_success", all, "success_ratio n p50 p95", []string{"0.8667 | 15 | 1200 | 3360"},
		},
		{
			"success of runs per day", "dash_run_success_days", one, "time success_ratio n",
			append(nights(" | 1 | 1"), date(5)+" | 1 | 1", date(4)+" | 1 | 1", date(3)+" | 0.5 | 2", date(2)+" | 0 | 1", date(1)+" | 1 | 1"),
		},
		{
			"queue wait", "dash_run_queue_days", one, "time p50 p95 n",
			append(nights(" | 120 | 120 | 1"), date(5)+" | 0 | 0 | 1", date(4)+" | 0 | 0 | 1", date(3)+" | 0 | 0 | 2", date(2)+" | 0 | 0 | 1", date(1)+" | 0 | 0 | 1"),
		},
		{"seen as paused from 11:01 to 11:20", "dash_run_pause_days", all, "time p50 p95 n", []string{date(1) + " | 1140 | 1140 | 1"}},
		{
			"pipelines", "dash_pipeline_health", one, "pipeline success_ratio n duration_p50 duration_p95 queue_p50 paused_p50 paused_n last_ended_at",
			[]string{
				"shop | 0.5 | 4 | 1200 | 7320 | 0 | NULL | 0 | " + clock(2, 10, 20), // p95: 1,200 and 0.85 of the way to 8,400
				"nightly | 1 | 7 | 300 | 300 | 120 | NULL | 0 | " + clock(25, 1, 5),
				"search | 1 | 2 | 1200 | 1200 | 0 | 1140 | 1 | " + clock(1, 11, 20),
			},
		},
		{"what is open", "dash_open_runs", all, "running queued paused", []string{"1 | 1 | 0"}},
		{"six pauses of a day, then nothing", "dash_silent_pipelines", all, "pipeline last_started_at usual_s n", []string{"nightly | " + clock(25, 1, 0) + " | 8.64e+04 | 6"}},
		{
			// shop: four runs of 12,000 s together. Run 2 has deploy-prod twice on its path, 600 and 1,200 s, and 6,000 s of nothing.
			"critical path", "dash_critical_path", one, "pipeline stage n runs p50 p95 share",
			[]string{
				"shop | (between stages) | 1 | 4 | 6000 | 6000 | 0.5", "shop | deploy-prod | 4 | 4 | 600 | 1620 | 0.3", "shop | build | 4 | 4 | 600 | 600 | 0.2",
				"search | build | 2 | 2 | 600 | 600 | 0.5", "search | deploy-prod | 2 | 2 | 600 | 600 | 0.5",
				"nightly | build | 7 | 7 | 180 | 180 | 0.6", "nightly | (between stages) | 7 | 7 | 120 | 120 | 0.4",
			},
		},
		{"time to green", "dash_time_to_green", all, "pipeline n p50 p90 open first_bad_run first_bad_commit first_executor", []string{"shop | 1 | 7200 | 7200 | 1 | 3 | c3 | ada"}},
		{
			"of the commits c1 to c4 one needed a retry", "dash_flaky_stages", all, "pipeline stage flaky n flaky_ratio retried rerun failed_s delay_s last_flaky_at",
			[]string{"shop | deploy-prod | 1 | 4 | 0.25 | 1 | 0 | 600 | 7200 | " + clock(4, 12, 20)},
		},
		{
			"cost: half a coin for a machine minute, two for a minute of waiting", "dash_run_cost", priced, "project pipeline wasted_s attempts queue_s paused_s runs wasted_cost waiting_cost",
			[]string{
				"Alpha | shop | 1800 | 3 | 0 | NULL | 4 | 15 | 0", "Alpha | search | NULL | 0 | 0 | 1140 | 2 | NULL | 38",
				"Alpha | nightly | NULL | 0 | 840 | NULL | 7 | NULL | 28", "Beta | billing | 600 | 1 | 0 | NULL | 1 | 5 | 0", "Gamma | shop | NULL | 0 | 0 | NULL | 1 | NULL | 0",
			},
		},
		{"what all of that costs", "dash_cost_total", priced, "n wasted_s waiting_s wasted_cost waiting_cost cost unpriced", []string{"4 | 2400 | 1980 | 20 | 66 | 86 | 0"}},
		{"the times of all without a price", "dash_cost_total", one, "n wasted_s waiting_s wasted_cost waiting_cost cost unpriced", []string{"3 | 1800 | 1980 | NULL | NULL | NULL | 3"}},
		{"without a price there is no cost", "dash_run_cost", one, "pipeline wasted_cost waiting_cost", []string{"shop | NULL | NULL", "search | NULL | NULL", "nightly | NULL | NULL"}},
		{
			// web: 160 less 100, which held 30 days ago. tool: 45 less 50, 10 days ago. core: was empty.
			"growth of repositories", "dash_repository_growth", all, "repository size_mb growth_mb growth_ratio",
			[]string{"web | 160 | 60 | 0.6", "core | 0 | 0 | NULL", "tool | 45 | -5 | -0.1"},
		},
		{"largest repositories", "dash_repository_top", all, "repository capacity_mb", []string{"web | 160", "tool | 45", "core | 0"}},
		{
			"the total follows growth and deletion", "dash_repository_total",
			view{from: ago(45 * days), to: started, interval: time.Minute, tenant: []string{"acme"}}, "total_mb",
			[]string{"100", "110", "190", "180", "175", "205", "205"},
		},
		{
			"what was there before the time range counts from its start", "dash_repository_total",
			view{from: ago(15 * days), to: ago(4 * days), interval: time.Minute, tenant: []string{"acme"}}, "time total_mb",
			[]string{minute(15*days) + " | 110", minute(10*days) + " | 190", minute(5*days) + " | 180", minute(4*days) + " | 180"},
		},
		{
			"gates", "dash_gates_now", all, "project item switch compare threshold",
			[]string{
				"(tenant) | Number of critical issues. | on | ≤ | 0", "(tenant) | Member of major issues. | on | ≤ | 3",
				"Alpha | Number of critical issues. | on | ≤ | 0",
			},
		},
		{
			"gate changes", "dash_gate_changes", all, "project item field effect before after changed_by",
			[]string{
				"Alpha | Member of major issues. | exists | changed | true | false | unknown", // it was off
				"Alpha | Number of critical issues. | value | strengthened | 5 | 0 | unknown",
				"Alpha | Member of major issues. | checked | weakened | true | false | unknown",
				"Alpha | Number of critical issues. | value | weakened | 0 | 5 | unknown",
			},
		},
		{
			"completeness is unknown until the history has been read", "dash_completeness_projects", all, "project pipelines unread completeness n missing unnumbered",
			[]string{"Beta | 1 | 1 | NULL | 2 | NULL | 1", "Gamma | 2 | 1 | NULL | 1 | NULL | 0", "Alpha | 3 | 0 | 0.9333 | 15 | 1 | 0"},
		},
		{
			"a pipeline whose history was not read is unknown, not complete", "dash_completeness_pipelines", all,
			"project pipeline completeness expected stored missing history",
			[]string{
				"Beta | billing | NULL | 2 | 2 | NULL | in part", "Gamma | shop | NULL | 1 | 1 | NULL | not read",
				"Alpha | search | 0.75 | 4 | 3 | 1 | read", "Alpha | nightly | 1 | 7 | 7 | 0 | read", "Alpha | shop | 1 | 4 | 4 | 0 | read", "Gamma | idle | NULL | 0 | 0 | NULL | no run seen",
			},
		},
		{"one unread pipeline makes the whole unknown", "dash_trust_completeness", all, "completeness n", []string{"NULL | 18"}},
		{"trust in one project", "dash_trust_completeness", one, "completeness n", []string{"0.9333 | 15"}},
		{"a poller that never worked is the worst", "dash_trust_freshness", all, "late", []string{"NULL"}},
		{"the page of a run by the usual form", "dash_failed_stages", all, "run_number url", []string{
			"4 | https://devcloud.huaweicloud.com/cicd/project/" + alpha + "/pipeline/detail/p-shop/p-shop-4"}},
		{"the page of a run where CodeArts says it is, else by the reader's form", "dash_running_now", ourPages, "run_number url", []string{
			"4 | https://ca.example.com/?p=p-search&r=p-search-4", "NULL | https://codearts.example.com/p-billing/0"}},
		{"the page of the first bad run", "dash_failed_stages", ourPages, "first_bad_run first_url", []string{"3 | https://ca.example.com/?p=p-shop&r=p-shop-3"}},
		{"the pages of deployments", "dash_dora_deployments", ourPages, "project run_number url", []string{
			"Alpha | 2 | https://ca.example.com/?p=p-search&r=p-search-2", "Gamma | 1 | https://ca.example.com/?p=p-store&r=p-store-1",
			"Beta | 7 | https://codearts.example.com/p-billing/7", "Alpha | 1 | https://ca.example.com/?p=p-search&r=p-search-1",
			"Alpha | 2 | https://ca.example.com/?p=p-shop&r=p-shop-2", "Alpha | 1 | https://ca.example.com/?p=p-shop&r=p-shop-1"}},
		{"an incident leads to the run that it speaks against", "dash_dora_explain_incidents", ourPages, "run_id url", []string{"p-shop-2 | https://ca.example.com/?p=p-shop&r=p-shop-2"}},
		// 8 rounds of acme in the last hour, of 2 calls each; 2 calls a second are allowed: 16 / 7200. globex: 2 rounds.
		{"calls of an hour of those that are allowed", "dash_trust_budget", all, "used", []string{"0.002222"}},
		{"errors of a day", "dash_trust_errors", all, "errors", []string{"8"}},
		{"coverage", "dash_coverage", all, "pipeline history runs", []string{
			"billing | in part | 3", "idle | no run seen | 0", "shop | not read | 1", "nightly | read | 7", "search | read | 3", "shop | read | 4"}},
		{"a list that turned empty", "dash_note_empty_lists", everything(days), "text", []string{"repositories of acme _tenant listed nothing"}},
		{"projects to choose from", "dash_var_project", all, "project_id text", []string{alpha + " | Alpha", beta + " | Beta", gamma + " | Gamma"}},
		{"rounds", "dash_poll_rounds", narrowed(days), "project poller rounds complete listed_nothing errors",
			[]string{"Alpha | pipelines | 2 | 2 | 0 | 3", "(tenant) | repositories | 2 | 2 | 1 | 0", "Alpha | active | 1 | 0 | 0 | 0", "Alpha | history | 1 | 0 | 0 | 0"}},
		// Two rows of the seed: one of a project, one of the tenant whose bytes came in two parts and are no UTF-8 at the end.
		{"odd rows", "dash_odd_rows", all, "observed_at tenant project poller api row_kind position reason bytes beginning", []string{
			minute(30*time.Minute) + " | acme | (tenant) | repositories | Repositories | repository | 41 | repository_id is no number | 11 | {\"id\":\"a\"}\uFFFD",
			minute(2*time.Hour) + " | acme | Alpha | pipelines | Pipelines | pipeline | 0 | a pipeline has no id | 2 | {}",
		}},
		{"odd rows of another project", "dash_odd_rows", view{from: all.from, to: all.to, interval: all.interval, tenant: []string{"acme"}, project: []string{beta}}, "project", []string{"(tenant)"}},
		{"quarantine", "dash_quarantine", all, "seq subject error", []string{"9999 | artery.acme.x | the header ce-time is missing"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cells(t, conn, tt.view, tt.query, strings.Fields(tt.columns)...); !slices.Equal(got, tt.want) {
				t.Errorf("%s\n got %s\nwant %s", tt.query, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		})
	}
}

// The first entry that holds for a pipeline counts: shop of Alpha lost 1,800 s at 1 a minute; nightly lost nothing and waited 840 s, at a
// price that is not known; billing lost 600 s at 0.1, the price of all others; shop of the other tenant waited 0 s at 3. What a reader
// types in counts before all of them, and nobody says in which currency that is.
func TestCostByTheConfiguredPrices(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	one, tenth, three := 1.0, 0.1, 3.0
	_, err := schema.ActivatePrices(t.Context(), conn, schema.PriceTable{Currency: "EUR", Table: []schema.Price{
		{Tenant: "acme", Project: "^Alpha$", Pipeline: "^(shop|nightly)$", MachineMinute: &one}, {MachineMinute: &tenth, WaitingMinute: &three},
	}})
	if err != nil {
		t.Fatal(err)
	}
	all := everything(45 * 24 * time.Hour)
	want := []string{
		"Alpha | shop | 30 | NULL | EUR", "Alpha | search | NULL | 57 | EUR", "Alpha | nightly | NULL | NULL | EUR",
		"Beta | billing | 1 | 0 | EUR", "Gamma | shop | NULL | 0 | EUR",
	}
	if got := cells(t, conn, all, "dash_run_cost", "project", "pipeline", "wasted_cost", "waiting_cost", "currency"); !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	// nightly has waited, and no price of waiting
	if got := cells(t, conn, all, "dash_cost_total", "wasted_cost", "waiting_cost", "cost", "unpriced", "currency"); !slices.Equal(got, []string{"31 | 57 | 88 | 1 | EUR"}) {
		t.Errorf("all together: %q", got)
	}
	all.inputs = map[string]string{"price_waiting": "1"}
	if got := cells(t, conn, all, "dash_run_cost", "pipeline", "wasted_cost", "waiting_cost", "currency")[:1]; !slices.Equal(got, []string{"shop | 30 | 0 | EUR"}) {
		t.Errorf("with a price typed in: %q", got)
	}
}

// Ages grow while the test runs, so they are held between two bounds.
func TestAges(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	passed := time.Since(started).Seconds()
	sql, _, err := schema.Statement("dash_freshness")
	if err != nil {
		t.Fatal(err)
	}
	age, v := map[string]any{}, narrowed(24*time.Hour)
	v.to = time.Now().UTC() // however long the tests before took
	for _, row := range ask(t, conn, v.expand(t, sql)).rows {
		age[fmt.Sprint(row["poller"])] = row["good_age_s"]
		if late, want := row["late"].(float64), row["good_age_s"].(float64)/row["objective_s"].(float64); late != want {
			t.Errorf("%v: late %v, want %v", row["poller"], late, want)
		}
	}
	for poller, want := range map[string]float64{"pipelines": 30, "active": 20, "history": 300, "repositories": 90} {
		if got, ok := age[poller].(float64); !ok || got < want+passed-2 || got > want+passed+30 {
			t.Errorf("%s: last good poll %v s ago, want about %v", poller, age[poller], want+passed)
		}
	}

	sql, _, err = schema.Statement("dash_repository_growth")
	if err != nil {
		t.Fatal(err)
	}
	perDay := map[any]any{}
	for _, row := range ask(t, conn, everything(24*time.Hour).expand(t, sql)).rows {
		perDay[row["repository"]] = row["per_day_mb"]
	}
	for repository, want := range map[string]float64{"web": 60. / 30, "tool": -5. / 10} {
		if got, ok := perDay[repository].(float64); !ok || math.Abs(got-want) > 0.01 {
			t.Errorf("%s grows %v MB a day, want %v", repository, perDay[repository], want)
		}
	}
	if perDay["core"] != nil {
		t.Errorf("core, seen for half a day, grows %v MB a day", perDay["core"])
	}
}

// An objective is three intervals of the configured schedule, at least three minutes: gates every hour may be three hours old, open
// runs every ten seconds three minutes. A record that does not say it, of a collector of before, leaves the default: 15 minutes of
// gates, a minute of pipelines. The newest record counts, so a configuration that was changed holds from the next round on;
// half an hour before it the earlier one did.
func TestFreshnessByTheConfiguredSchedule(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	for _, p := range []struct {
		scope, poller string
		every         float64
		at            time.Duration
	}{
		{alpha, "gates", 3600, 2 * time.Hour}, {beta, "gates", 0, 2 * time.Hour},
		{alpha, "pipelines", 60, 3 * time.Hour}, {alpha, "pipelines", 7200, 2 * time.Hour}, {beta, "pipelines", 0, 2 * time.Hour},
		{"_tenant", "active", 10, 2 * time.Hour}, {"_tenant", "logs", 0, 2 * time.Hour},
	} {
		l.every = p.every
		l.poll("acme", p.scope, p.poller, ago(p.at), true, 1, 0, "gate")
	}
	l.store(conn)
	got := cells(t, conn, everything(time.Hour), "dash_freshness", "poller", "project", "objective_s")
	slices.Sort(got)
	want := []string{
		"active | (tenant) | 180", "gates | " + alpha + " | 1.08e+04", "gates | " + beta + " | 900", "logs | (tenant) | 900",
		"pipelines | " + alpha + " | 2.16e+04", "pipelines | " + beta + " | 180",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	v := everything(time.Hour)
	v.inputs = map[string]string{asOf.name: ago(150 * time.Minute).Format(time.DateTime)}
	if got, want := cells(t, conn, v, "dash_freshness", "poller", "project", "objective_s"), []string{"pipelines | " + alpha + " | 180"}; !slices.Equal(got, want) {
		t.Errorf("then: got %q, want %q", got, want)
	}
	// Two hours are too old for four of the six.
	late := cells(t, conn, everything(time.Hour), "alert_freshness", "poller", "project")
	slices.Sort(late)
	if want := []string{"active | (tenant)", "gates | " + beta, "logs | (tenant)", "pipelines | " + beta}; !slices.Equal(late, want) {
		t.Errorf("late are %q, want %q", late, want)
	}
}

func TestProjectsOfOneNameAreToldApart(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	l.pipeline("acme", alpha, "Shop", "p1", "x", ago(time.Hour))
	l.pipeline("globex", beta, "Shop", "p2", "x", ago(time.Hour))
	l.poll("globex", gamma, "gates", ago(time.Minute), true, 1, 0, "gate") // a project of which nothing is known but its id
	l.store(conn)
	want := []string{alpha + " | Shop (acme)", beta + " | Shop (globex)", gamma + " | " + gamma}
	got := cells(t, conn, everything(time.Hour), "dash_var_project", "project_id", "text")
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	v := everything(time.Hour)
	v.tenant = []string{"acme"}
	if got := cells(t, conn, v, "dash_var_project", "text"); len(got) != 1 {
		t.Errorf("projects of acme: %v", got)
	}
}
