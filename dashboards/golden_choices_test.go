package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"artery/internal/schema"
)

// The variables Service and Environment narrow panels of runs and stages to the pipelines that deploy what is chosen: nightly deploys
// nothing, and nothing is deployed to staging.
func TestServicesNarrowRunsAndStages(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	for _, tt := range []struct {
		query, columns       string
		service, environment string
		want                 string
	}{
		{"dash_run_success", "n", "", "", "15"},
		{"dash_run_success", "n", "billing", "", "1"},
		{"dash_run_success", "n", "", "production", "8"},
		{"dash_run_success", "n", "search", "production", "2"},
		{"dash_runs_per_day", "runs", "billing", "", "1\n1\n1"},
		{"dash_running_count", "runs", "billing", "", "1"},
		{"dash_running_now", "pipeline status", "search", "", "search | RUNNING"},
		{"dash_open_runs", "running queued", "", "production", "1 | 1"},
		{"dash_failed_count", "stages", "shop", "", "1"},
		{"dash_failed_count", "stages", "search", "", "0"},
		{"dash_failed_stages", "pipeline", "shop", "production", "shop"},
		{"dash_failed_stages", "pipeline", "search", "production", ""},
		{"dash_failed_steps_now", "pipeline", "search", "", ""},
		{"dash_failed_pareto_stages", "pipeline", "shop", "", "shop"},
		{"dash_failed_pareto_stages", "pipeline", "search", "", ""},
		{"dash_failed_pareto_steps", "step", "shop", "", "roll out"},
		{"dash_failed_pareto_steps", "step", "search", "", ""},
		{"dash_failed_heat_map", "failed_attempts", "search", "", ""},
		{"dash_stage_transitions", "pipeline", "search", "", ""},
		{"dash_time_to_green", "pipeline", "shop", "", "shop"},
		{"dash_time_to_green", "pipeline", "search", "", ""},
		{"dash_flaky_stages", "pipeline", "shop", "", "shop"},
		{"dash_flaky_stages", "pipeline", "search", "", ""},
		{"dash_silent_pipelines", "pipeline", "", "", "nightly"},
		{"dash_silent_pipelines", "pipeline", "", "production", ""},
		{"dash_run_cost", "pipeline", "billing", "", "billing"},
		{"dash_pipeline_health", "pipeline", "billing", "", "billing"},
		{"dash_critical_path", "pipeline stage", "billing", "", "billing | build\nbilling | deploy-prod"},
	} {
		v := everything(45 * 24 * time.Hour)
		v.inputs = map[string]string{}
		for name, value := range map[string]string{"service": tt.service, "environment": tt.environment} {
			if value != "" {
				v.inputs[name] = value
			}
		}
		if got := strings.Join(cells(t, conn, v, tt.query, strings.Fields(tt.columns)...), "\n"); got != tt.want {
			t.Errorf("%s of service %q in environment %q: got %q, want %q", tt.query, tt.service, tt.environment, got, tt.want)
		}
	}
}

// Trends are by days, weeks and months of the zone of the deployment rules.
func TestIntervals(t *testing.T) {
	conn := migratedDB(t)
	seed(t, conn)
	const name = "America/New_York"
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	rules := schema.RuleSet{AttributionMS: 24 * 3600_000, RollbackMS: 24 * 3600_000, Zone: name}
	if _, err := schema.ActivateRules(t.Context(), conn, &rules, 0); err != nil {
		t.Fatal(err)
	}
	ends := []time.Time{ // of the runs that completed or failed
		day(5, 10, 20), day(4, 12, 20), day(3, 10, 20), day(2, 10, 20), day(3, 11, 20), day(1, 11, 20), day(2, 12, 20), day(2, 13, 20),
	}
	for i := range 7 {
		ends = append(ends, day(31-i, 1, 5)) // the evening before in New York
	}
	for bucket, start := range map[string]func(y int, m time.Month, d, weekday int) time.Time{
		"day": func(y int, m time.Month, d, _ int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, zone) },
		"week": func(y int, m time.Month, d, weekday int) time.Time {
			return time.Date(y, m, d-(weekday+6)%7, 0, 0, 0, 0, zone)
		},
		"month": func(y int, m time.Month, _, _ int) time.Time { return time.Date(y, m, 1, 0, 0, 0, 0, zone) },
	} {
		counts := map[time.Time]int{}
		for _, end := range ends {
			y, m, d := end.In(zone).Date()
			counts[start(y, m, d, int(end.In(zone).Weekday())).UTC()]++
		}
		var want []string
		for _, at := range slices.SortedFunc(maps.Keys(counts), time.Time.Compare) {
			want = append(want, fmt.Sprint(at.Format("2006-01-02 15:04"), " | ", counts[at]))
		}
		v := everything(45 * 24 * time.Hour)
		v.inputs = map[string]string{"bucket": bucket}
		if got := cells(t, conn, v, "dash_run_success_days", "time", "n"); !slices.Equal(got, want) {
			t.Errorf("by %s\n got %s\nwant %s", bucket, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
		}
	}
}
