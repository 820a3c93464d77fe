package main

import (
	"slices"

	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// overview answers: what is broken, how often do we deliver, what grows, who
// touched the gates?
func overview() page {
	return page{
		uid: "artery-overview", title: "Artery / Overview",
		description: "Failed stages, DORA metrics, runs, repositories and gates of the watched CodeArts projects",
		from:        "now-30d/d", refresh: "5m",
		filters: serviceFilters, choices: []choice{interval("day"), levels}, inputs: []input{codearts},
		notes: []note{{name: "Gate weakened", query: "dash_note_gate_changes", color: bad}},
		rows:  []row{trust(), nowRow(), deliveryRow(), runRow(), repositoryRow(), gateRow()},
	}
}

func nowRow() row {
	return row{id: 110, title: "Now", panels: []panel{
		{
			id: 111, width: 4, height: 9, title: "Failed stages", query: "dash_failed_count", format: rows, link: failuresUID, shows: 212,
			empty: "No data because the runs could not be read",
			view:  statView(units.NoUnit, zeroIsGood()),
		},
		failedStages(112, 20, "branch", "executor", "last_green_at"),
		{
			id: 113, width: 4, height: 8, title: "Runs not over", query: "dash_running_count", format: rows, link: pipelinesUID, shows: 322,
			empty: "No data because the runs could not be read",
			view:  statView(units.NoUnit, plain()),
		},
		openRuns(114, 20, 8),
	}}
}

func deliveryRow() row {
	ratio := column{name: "success_ratio", title: "Success", unit: units.PercentUnit, colors: ratioScale(0.8, 0.95)}
	attempts := column{name: "n", title: "n attempts", unit: units.NoUnit}
	deployments := column{name: "deployments", title: "Deployments", unit: units.NoUnit}
	failed := column{name: "failed", title: "Failed", unit: units.NoUnit, colors: zeroIsGood()}
	const none = "No data because no deployment ended in this time range"
	return row{id: 120, title: "Deployments", panels: []panel{
		fiveMetrics(125, "The five DORA metrics, per service", doraUID, slices.Concat(delivery, lead, failing, recovering, rework).without(
			"deployments", "per_day_before", "lead_p75", "lead_p90", "lead_p95", "lead_p50_before", "changes", "pending", "fail_ratio_before",
			"recovery_p75", "recovery_p90", "recovery_p95", "recovery_p50_before", "failures", "open_failures", "rework_interval", "rework_ratio_before")),
		{
			id: 121, width: 12, height: 9, title: "Deployments by service", query: "dash_deployments_per_day", format: timeSeries, empty: none, link: doraExplainedUID, shows: 661,
			view: barsView("service", nil).Interval("1d"),
		},
		{
			id: 122, width: 12, height: 9, title: "Success of deployment attempts", query: "dash_deployment_success", format: timeSeries, empty: none, link: doraExplainedUID, shows: 661,
			view: linesView(units.PercentUnit, "",
				curve{name: "success_ratio", title: "success", color: good},
				curve{name: "n", title: "n attempts", color: idle, count: true}).Interval("1d"),
		},
		{
			id: 123, width: 12, height: 9, title: "Services", query: "dash_services", format: rows, empty: none,
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "service", title: "Service"},
				ratio, attempts, deployments, failed,
				column{name: "last_deployed_at", title: "Last deployed"},
			).without("failed"),
		},
		{
			id: 124, width: 12, height: 9, title: "Deployments by interval and service", query: "dash_deployment_days", format: rows, empty: none,
			view: tableView(
				column{name: "day", title: "From", unit: "time:YYYY-MM-DD"},
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "service", title: "Service"},
				ratio, attempts, deployments, failed,
			),
		},
	}}
}

func runRow() row {
	return row{id: 130, title: "Runs", panels: []panel{
		{
			id: 131, width: 12, height: 9, title: "Runs by status", query: "dash_runs_per_day", format: timeSeries, link: pipelinesUID, shows: 341,
			empty: "No data because no run started in this time range",
			view:  barsView("status", statusColors).Interval("1d"),
		},
		{
			id: 132, width: 12, height: 9, title: "Run duration", query: "dash_run_duration", format: timeSeries, link: pipelinesUID, shows: 341,
			empty: "No data because no run ended in this time range",
			view: linesView(units.Seconds, "",
				curve{name: "p50", title: "p50", color: live},
				curve{name: "p95", title: "p95", color: live, few: true},
				curve{name: "n", title: "n runs", color: idle, count: true}).Interval("1d"),
		},
	}}
}
