package main

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2/lib/driver"
)

// doraHour is an hour of the world below. Its hour 0 is nine days ago, so that the window of 169 hours is over.
func doraHour(h float64) time.Time { return day(9, 0, 0).Add(time.Duration(h * float64(time.Hour))) }

func doraClock(h float64) string { return doraHour(h).Format("2006-01-02 15:04") }

// deploy adds a run that was triggered an hour before it ended, and whose only stage deploys.
func (l *log) deploy(project, pipeline string, number int, id, status, commit, branch string, end float64) {
	local := func(at time.Time) string { return at.In(time.FixedZone("", 8*3600)).Format(time.DateTime) }
	l.add("acme", project, "run", id, "created", doraHour(end), object{
		"pipeline_id": pipeline, "run_number": number, "status": status, "start_time": doraHour(end - 1).UnixMilli(), "executor_name": "ada",
		"build_params":      object{"commit_id": commit, "codehub_id": "77", "source_branch": branch, "target_branch": "main"},
		"stage_status_list": []object{{"name": "deploy-prod", "status": status, "start_time": local(doraHour(end - 0.5)), "end_time": local(doraHour(end))}},
	})
}

// doraWorld is the golden fixture of the DORA metrics (see internal/schema) as the service shop, and a service "page" whose
// commits nobody tells. d0 is the baseline, d2 failed, d5 goes back to c14, d6 is a hotfix, d8 was cancelled.
func doraWorld(t testing.TB, conn driver.Conn) {
	t.Helper()
	l := &log{t: t}
	l.pipeline("acme", alpha, "Alpha", "shop", "shop", doraHour(-1))
	l.pipeline("acme", beta, "Beta", "page", "page", doraHour(-1))
	for i, d := range []struct {
		end                    float64
		status, commit, branch string
	}{
		{0, "COMPLETED", "c10", ""}, {10, "COMPLETED", "c12", ""}, {30, "FAILED", "c14", ""}, {31, "COMPLETED", "c14", ""}, {50, "COMPLETED", "c17", ""},
		{52, "COMPLETED", "c14", ""}, {60, "COMPLETED", "c18", "hotfix/1"}, {160, "COMPLETED", "c19", ""}, {168.5, "CANCELED", "c19", ""},
	} {
		l.deploy(alpha, "shop", i+1, fmt.Sprint("d", i), d.status, d.commit, d.branch, d.end)
	}
	l.deploy(beta, "page", 1, "e0", "COMPLETED", "", "", 24)
	made := map[int]float64{10: -20, 11: 4, 12: 9, 13: 20, 14: 22, 15: 40, 16: 41, 17: 48, 18: 55, 19: 100, 20: 165}
	commit := func(n int) object {
		return object{"id": fmt.Sprint("c", n), "committed_date": doraHour(made[n]).Format(time.RFC3339), "title": fmt.Sprint("change ", n), "author_name": "ada"}
	}
	for _, n := range []int{10, 20} {
		l.add("acme", "_tenant", "commit", fmt.Sprint("77/c", n), "created", doraHour(200), object{"repository_id": "77", "commit_id": fmt.Sprint("c", n), "commit": commit(n)})
	}
	for _, r := range [][2]int{{10, 12}, {12, 14}, {14, 17}, {17, 14}, {14, 18}, {18, 19}} {
		between := []object{}
		for n := r[0] + 1; n <= r[1]; n++ {
			between = append(between, commit(n))
		}
		from, to := fmt.Sprint("c", r[0]), fmt.Sprint("c", r[1])
		l.add("acme", "_tenant", "commit_range", "77/"+from+".."+to, "created", doraHour(200), object{"repository_id": "77", "from_commit": from, "to_commit": to, "complete": true, "commits": between})
	}
	for id, i := range map[string][2]float64{"i1": {33, 39}, "i2": {34, 36}, "i3": {51, 60}, "i4": {120, 122}} {
		l.add("acme", "_incidents", "incident", id, "created", doraHour(i[0]), object{
			"service": "shop", "environment": "production", "title": "down", "started_at": doraHour(i[0]).Format(time.RFC3339), "resolved_at": doraHour(i[1]).Format(time.RFC3339)})
	}
	l.store(conn)
}

// Without any commit time the boards show how long ago commits were first seen, and say so.
func TestLeadTimeSinceFirstSeen(t *testing.T) {
	conn := migratedDB(t)
	l := &log{t: t}
	l.pipeline("acme", alpha, "Alpha", "shop", "shop", doraHour(-1))
	for i, end := range []float64{10, 30, 60} {
		l.deploy(alpha, "shop", i+1, fmt.Sprint("d", i), "COMPLETED", fmt.Sprint("c", i), "", end)
	}
	l.add("acme", alpha, "run", "ci", "created", doraHour(20), object{"pipeline_id": "ci", "status": "COMPLETED", "start_time": doraHour(20).UnixMilli(), "build_params": object{"commit_id": "c1", "codehub_id": "77"}})
	l.store(conn)
	week := view{from: doraHour(1), to: doraHour(169), interval: time.Hour, inputs: map[string]string{"bucket": "day"}}
	for query, want := range map[string][2]string{
		"dash_dora_services":        {"service lead_tier changes lead_p50 lead_p90 lead_level", "shop | first seen | 2 | 1.98e+04 | 3.276e+04 | no level"}, // 1 and 10 h
		"dash_dora_lead_times":      {"service tier n p50 wait_p50 delivery_p50", "shop | first seen | 2 | 1.98e+04 | 1.62e+04 | 3600"},                    // 9 and 0 h since c1 and c2 were first seen
		"dash_dora_tiers":           {"a b c seen baseline", "0 | 0 | 3 | 2 | 1"},
		"dash_dora_lead_trend":      {"time service lead_p50", doraClock(1) + " | shop, first seen | NULL\n" + doraClock(24) + " | shop, first seen | 3.6e+04\n" + doraClock(48) + " | shop, first seen | 3600"},
		"dash_dora_explain_changes": {"commit_id committed_at seconds tier state", "c2 | " + doraClock(59) + " | 3600 | C | first seen\nc1 | " + doraClock(20) + " | 3.6e+04 | C | first seen\nc0 | NULL | NULL | C | baseline"},
	} {
		if got := strings.Join(cells(t, conn, week, query, strings.Fields(want[0])...), "\n"); got != want[1] {
			t.Errorf("%s\n got %s\nwant %s", query, got, want[1])
		}
	}
}

func TestDORANumbers(t *testing.T) {
	conn := migratedDB(t)
	doraWorld(t, conn)
	figures(t, conn, alpha, "shop")
	week := view{from: doraHour(1), to: doraHour(169), interval: time.Hour, inputs: map[string]string{"bucket": "day"}}
	shop := week
	shop.project = []string{alpha}
	const h = 3600
	tests := []struct {
		name, query string
		view        view
		columns     string
		want        []string
	}{
		{
			// d0 was before the window; seven days. Of page nothing is known but one deployment in the 145 hours since it.
			"frequency, lead time and recovery", "dash_dora_services", week, "service deployments per_day per_day_level lead_p50 lead_p90 changes lead_level recovery_p50 failures open_failures recovery_level",
			[]string{
				"shop | 6 | 0.8571 | high | 3.24e+04 | 7.488e+04 | 9 | insufficient (n < 10) | 3.24e+04 | 2 | 0 | insufficient (n < 10)",
				"page | 1 | 0.1655 | high | NULL | NULL | 0 | no data | NULL | 0 | 0 | no data",
			},
		},
		{
			// Lead: 1 2 5 6 9 9 10 11 60 h. Recovery: 8 and 10 h.
			"percentiles", "dash_dora_services", week, "service lead_tier lead_p50 lead_p75 lead_p90 lead_p95 recovery_p75 recovery_p90 recovery_p95",
			[]string{"shop | A | 3.24e+04 | 3.6e+04 | 7.488e+04 | 1.454e+05 | 3.42e+04 | 3.528e+04 | 3.564e+04", "page |  | NULL | NULL | NULL | NULL | NULL | NULL | NULL"},
		},
		{
			// Gaps: 10, 21, 19, 2, 8 and 100 h; p90 is half of the way from 21 to 100. Hour 1 to 169 is in eight days, hour 24 to 169 in seven.
			// d2 failed an hour before d3. d3 and d4 recovered 6 and 9 h after their incidents began, and 5 and 2 h after they ended first.
			"pauses, attempts and recovery", "dash_dora_pauses", week,
			"service per_week active_days active_share gap_p50 gap_p90 attempts attempt_fail_ratio attempt_fail_interval success_p50 oldest_open_s incident_recovery_p50 first_remedy_p50",
			[]string{
				"shop | 6 | 4 | 0.5 | 5.22e+04 | 2.178e+05 | 7 | 0.1429 | 3 – 51 % | 3600 | NULL | 2.7e+04 | 1.26e+04",
				"page | 1.159 | 1 | 0.1429 | NULL | NULL | 1 | 0 | 0 – 79 % | NULL | NULL | NULL | NULL",
			},
		},
		{
			// As of hour 30.5 nothing followed d2, and as of hour 38 one of the incidents after d3 goes on, for 7 h since d3.
			"an attempt that nothing followed", "dash_dora_pauses", view{from: week.from, to: doraHour(30.5), inputs: week.inputs}, "service attempts success_p50", []string{"shop | 2 | NULL", "page | 1 | NULL"},
		},
		{
			"an open failure", "dash_dora_pauses", view{from: week.from, to: doraHour(38), inputs: week.inputs}, "service success_p50 oldest_open_s incident_recovery_p50 first_remedy_p50",
			[]string{"shop | 3600 | 2.52e+04 | NULL | 1.8e+04", "page | NULL | NULL | NULL | NULL"},
		},
		{
			"fail and rework rate", "dash_dora_services", week, "service fail_ratio fail_interval mature pending fail_level rework_ratio rework_interval",
			[]string{"shop | 0.4 | 12 – 77 % | 5 | 1 | insufficient (n < 10) | 0.3333 | 10 – 70 %", "page | 0 | 0 – 79 % | 1 | 0 | insufficient (n < 10) | 0 | 0 – 79 %"},
		},
		{
			// The 90 days before hour 48: d1 and d3 in two days, of which d3 failed for 8 h; no deployment of page since then is known, which is not none. No change but c11 to c14: 6, 1, 11 and 9 h.
			"before", "dash_dora_services", view{from: doraHour(48), to: doraHour(169), inputs: week.inputs}, "service deployments per_day_before lead_p50_before fail_ratio_before recovery_p50_before rework_ratio_before",
			[]string{"shop | 4 | 1.5 | 2.7e+04 | 0.3333 | 2.88e+04 | 0", "page | NULL | 1 | NULL | 0 | NULL | 0"},
		},
		{
			"a day without deployments is unknown, not zero", "dash_dora_frequency_trend", shop, "time per_day",
			[]string{doraClock(1) + " | 1.043", doraClock(24) + " | 1", doraClock(48) + " | 3", doraClock(72) + " | NULL", doraClock(96) + " | NULL", doraClock(120) + " | NULL", doraClock(144) + " | 1", doraClock(168) + " | NULL"},
		},
		{"lead time by day", "dash_dora_lead_trend", shop, "time lead_p50", []string{doraClock(1) + " | 1.26e+04", doraClock(24) + " | 3.6e+04", doraClock(48) + " | 2.52e+04", doraClock(144) + " | 2.16e+05"}},
		{"fail rate by day", "dash_dora_fail_trend", shop, "time fail_ratio", []string{doraClock(1) + " | 0", doraClock(24) + " | 1", doraClock(48) + " | 0.3333", doraClock(144) + " | NULL"}},
		{"recovery by day", "dash_dora_recovery_trend", shop, "time recovery_p50", []string{doraClock(1) + " | NULL", doraClock(24) + " | 2.88e+04", doraClock(48) + " | 3.6e+04", doraClock(144) + " | NULL"}},
		{"rework by day", "dash_dora_rework_trend", shop, "time rework_ratio", []string{doraClock(1) + " | 0", doraClock(24) + " | 0", doraClock(48) + " | 0.6667", doraClock(144) + " | 0"}},
		{"changes by class", "dash_dora_distribution", shop, "class changes", []string{"under 1 h | 0", "1 h to 1 day | 8", "1 to 7 days | 1", "7 to 30 days | 0", "30 days and more | 0"}},
		{"all services", "dash_services", week, "service n deployments", []string{"shop | 7 | 6", "page | 1 | 1"}},
		{"one service", "dash_services", view{from: week.from, to: week.to, inputs: map[string]string{"service": "page", "environment": "production"}}, "service n deployments", []string{"page | 1 | 1"}},
		{"no such environment", "dash_services", view{from: week.from, to: week.to, inputs: map[string]string{"environment": "staging"}}, "service n deployments", nil},
		{
			// Every run began an hour before its deployment ended: its changes waited for it for 0 1 4 5 8 8 9 10 59 h.
			"lead time by tier", "dash_dora_lead_times", week, "service tier n p50 p75 p90 p95 wait_p50 delivery_p50",
			[]string{"shop | A | 9 | 3.24e+04 | 3.6e+04 | 7.488e+04 | 1.454e+05 | 2.88e+04 | 3600"},
		},
		{"pipeline delivery time", "dash_dora_deliveries", week, "service n p50", []string{"page | 1 | 3600"}},
		{"tiers", "dash_dora_tiers", week, "a b c seen baseline negative older repeated no_time unsplit", []string{"9 | 0 | 1 | 0 | 1 | 0 | 0 | 0 | 0 | 0"}},
		{"evidence", "dash_dora_evidence_kinds", week, "linked followed rolled_back remedied failed pending mature", []string{"0 | 2 | 1 | 0 | 2 | 1 | 6"}},
		{"incidents", "dash_dora_unmatched", week, "incidents unmatched", []string{"4 | 1"}},
		{"what waits", "dash_dora_undeployed", week, "service n p50 oldest deployed_at", []string{"shop | 1 | 1.44e+04 | 1.44e+04 | " + doraClock(160)}},
		{
			"deployments", "dash_dora_deployments", shop, "finished_at run_number commit_id verdict reasons evidence recovery_s rework",
			[]string{
				doraClock(160) + " | 8 | c19 | pending |  |  | NULL | ", doraClock(60) + " | 7 | c18 | good |  |  | NULL | marked as hotfix",
				doraClock(52) + " | 6 | c14 | good |  |  | NULL | went back to an older commit",
				doraClock(50) + " | 5 | c17 | failed | incident after it, rollback after it | i3 down, back to c14 by d5 | 3.6e+04 | ",
				doraClock(31) + " | 4 | c14 | failed | incident after it | i1 down, i2 down | 2.88e+04 | ", doraClock(10) + " | 2 | c12 | good |  |  | NULL | ",
			},
		},
		{
			"attempts", "dash_dora_explain_attempts", shop, "run_id status counted rule",
			[]string{
				"d8 | CANCELED | no attempt | guess from the stage name", "d7 | COMPLETED | deployment | guess from the stage name", "d6 | COMPLETED | deployment | guess from the stage name",
				"d5 | COMPLETED | deployment | guess from the stage name", "d4 | COMPLETED | deployment | guess from the stage name", "d3 | COMPLETED | deployment | guess from the stage name",
				"d2 | FAILED | failed attempt | guess from the stage name", "d1 | COMPLETED | deployment | guess from the stage name",
			},
		},
		{
			"attempts as of a time", "dash_dora_explain_attempts", view{from: week.from, to: week.to, inputs: map[string]string{"service": "shop", asOf.name: doraHour(31).Format(time.DateTime)}},
			"run_id counted", []string{"d3 | deployment", "d2 | failed attempt", "d1 | deployment"},
		},
		{
			"changes", "dash_dora_explain_changes", week, "service commit_id title author committed_at seconds wait_s delivery_s tier state run_number",
			[]string{
				fmt.Sprint("shop | c19 | change 19 | ada | ", doraClock(100), " | 2.16e+05 | 2.124e+05 | 3600 | A | counted | 8"), fmt.Sprint("shop | c18 | change 18 | ada | ", doraClock(55), " | 1.8e+04 | 1.44e+04 | 3600 | A | counted | 7"),
				fmt.Sprint("shop | c15 | change 15 | ada | ", doraClock(40), " | 3.6e+04 | 3.24e+04 | 3600 | A | counted | 5"), fmt.Sprint("shop | c16 | change 16 | ada | ", doraClock(41), " | 3.24e+04 | 2.88e+04 | 3600 | A | counted | 5"),
				fmt.Sprint("shop | c17 | change 17 | ada | ", doraClock(48), " | ", 2*h, " | 3600 | 3600 | A | counted | 5"),
				fmt.Sprint("shop | c13 | change 13 | ada | ", doraClock(20), " | 3.96e+04 | 3.6e+04 | 3600 | A | counted | 4"), fmt.Sprint("shop | c14 | change 14 | ada | ", doraClock(22), " | 3.24e+04 | 2.88e+04 | 3600 | A | counted | 4"),
				"page |  |  |  | NULL | NULL | NULL | 3600 | C | baseline | 1",
				fmt.Sprint("shop | c11 | change 11 | ada | ", doraClock(4), " | 2.16e+04 | 1.8e+04 | 3600 | A | counted | 2"), fmt.Sprint("shop | c12 | change 12 | ada | ", doraClock(9), " | ", h, " | 0 | 3600 | A | counted | 2"),
			},
		},
		{"failures", "dash_dora_explain_failures", week, "run_id verdict counted reasons", []string{"d7 | not yet | pending | ", "d4 | failed | counted | incident after it, rollback after it", "d3 | failed | counted | incident after it"}},
		{"recovery", "dash_dora_explain_recovery", week, "run_number recovered_at recovery_s incident_recovery_s remedy_s open_s", []string{"5 | " + doraClock(60) + " | 3.6e+04 | 3.24e+04 | 7200 | NULL", "4 | " + doraClock(39) + " | 2.88e+04 | 2.16e+04 | 1.8e+04 | NULL"}},
		{"rework", "dash_dora_explain_rework", week, "run_number commit_id prev_commit reason", []string{"7 | c18 | c14 | marked as hotfix", "6 | c14 | c17 | went back to an older commit"}},
		{
			"incidents", "dash_dora_explain_incidents", week, "incident_id match run_id deployed_at reason",
			[]string{
				"i4 | no deployment |  | NULL | no deployment of the service to this environment was the last before it within the attribution window",
				"i3 | after it | d4 | " + doraClock(50) + " | ", "i2 | after it | d3 | " + doraClock(31) + " | ", "i1 | after it | d3 | " + doraClock(31) + " | ",
			},
		},
		{"what waits, row by row", "dash_dora_explain_undeployed", week, "commit_id age_s deployed_commit", []string{"c20 | 1.44e+04 | c19"}},
		{"what was restated", "dash_restatements", everything(10 * 24 * time.Hour), "restated_at project service day metric before now reason evidence", []string{
			clock(1, 6, 0) + " | Alpha | shop | " + date(5) + " | lead time p50 | 1 hour of 2 | nothing of 0 | rules or late data | rules v1 to v2, deployments: 2 removed, facts of what came before it stored later: 3",
			clock(2, 6, 0) + " | Alpha | shop | " + date(5) + " | change fail rate | 25 % of 4 | 50 % of 4 | late data and names | pipeline store is shop, incidents stored later: 1",
		}},
		{"levels", "dash_dora_bands", week, "metric band limit_text", []string{
			"change fail rate | elite | at most 5 %", "change fail rate | high | at most 10 %", "change fail rate | medium | at most 20 %", "change fail rate | low | else",
			"deployment frequency | elite | at least 1 a day", "deployment frequency | high | at least 1 in 7 days", "deployment frequency | medium | at least 1 in 30 days", "deployment frequency | low | else",
			"lead time | elite | under 24 h", "lead time | high | under 7 days", "lead time | medium | under 30 days", "lead time | low | else",
			"recovery time | elite | under 1 h", "recovery time | high | under 24 h", "recovery time | medium | under 7 days", "recovery time | low | else",
		}},
		{"services", "dash_var_service", week, "service", []string{"page", "shop"}},
		{"environments", "dash_var_environment", week, "environment", []string{"production"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := cells(t, conn, tt.view, tt.query, strings.Fields(tt.columns)...); !slices.Equal(got, tt.want) {
				t.Errorf("%s\n got %s\nwant %s", tt.query, strings.Join(got, "\n     "), strings.Join(tt.want, "\n     "))
			}
		})
	}
}
