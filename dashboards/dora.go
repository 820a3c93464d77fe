package main

import (
	"fmt"
	"slices"

	"artery/internal/schema"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

const doraUID = "artery-dora"

// serviceFilters narrow a page by what the deployment rules name.
var serviceFilters = []filter{
	{"service", "Service", "Services that the deployment rules know; of runs and stages those of the pipelines that deploy them; of gates the deployments alone", "dash_var_service"},
	{"environment", "Environment", "Environments that the deployment rules know; of runs and stages those of the pipelines that deploy there; of gates the deployments alone", "dash_var_environment"},
}

// interval is the width of a point of a trend, on every dashboard with trends of runs.
func interval(first string) choice {
	return choice{"bucket", "Interval", "The width of a point of a trend: days, weeks or months of the zone of the deployment rules", "dash_var_bucket", first, first}
}

var levels = choice{"edition", "Levels", "Edition of the benchmark levels", "dash_var_edition", schema.Edition, schema.Edition}

// doraChoices are the same on both pages, so that a link keeps them.
var doraChoices = []choice{interval("week"), levels}

const noDeployment = "No data because no attempt of a stage that a deployment rule selects ended in success in this time range"

// dora answers: how fast and how safely does each service deliver, what is that
// number made of, and what is not in it?
func dora() page {
	return page{
		uid: doraUID, title: "Artery / DORA",
		description: "The five DORA metrics of each service, with n, interval, level and what was before; a click on a number opens the rows behind it",
		from:        "now-90d/d", refresh: "5m",
		filters: serviceFilters, choices: doraChoices, inputs: []input{codearts},
		notes: []note{{name: "Deployment rules", query: "dash_note_dora_rules", color: live}},
		rows:  []row{trust(), metricsRow(), doraTrendRow(), leadRow(), failRow()},
	}
}

// before is a column of what the same service had in the 90 days before.
func before(of, name, unit string) column {
	return column{name: name, title: of + " before", unit: unit, null: "–"}
}

func level(of, name string) column {
	return column{name: name, title: of + " level", words: levelColors}
}

// ofService is the address of a dashboard, or of one panel of it, narrowed to the service that the line of the table names.
func ofService(uid string, panel uint32) string {
	view := ""
	if panel != 0 {
		view = fmt.Sprintf("&viewPanel=%d", panel)
	}
	return "/d/" + uid + "?${__url_time_range}" + view + "&${datasource:queryparam}&${project:queryparam}&${edition:queryparam}&${as_of:queryparam}&${codearts:queryparam}" +
		"&var-tenant=${__data.fields.tenant:percentencode}&var-service=${__data.fields.service:percentencode}&var-environment=${__data.fields.environment:percentencode}"
}

// service are the columns that name a service.
var service = sheet{
	{name: "tenant", title: "Tenant"},
	{name: "project", title: "Project"},
	{name: "service", title: "Service"},
	{name: "environment", title: "Environment"},
}

// The columns of the five metrics, in the order of the query. Each number leads to its rows.
var (
	delivery = sheet{
		{name: "deployments", title: "Deployments", unit: units.NoUnit, shows: 661},
		{name: "per_day", title: "per day", unit: units.NoUnit, null: "unknown", shows: 661},
		level("Frequency", "per_day_level"), before("per day", "per_day_before", units.NoUnit),
	}
	lead = sheet{
		quantile("Lead time p50", "lead_p50", 662), quantile("Lead time p75", "lead_p75", 662), quantile("Lead time p90", "lead_p90", 662), quantile("Lead time p95", "lead_p95", 662),
		{name: "changes", title: "n changes", unit: units.NoUnit, shows: 662},
		{name: "lead_tier", title: "Tier", words: tierColors},
		level("Lead time", "lead_level"), before("Lead time p50", "lead_p50_before", units.Seconds),
	}
	failing = sheet{
		{name: "fail_ratio", title: "Change fail rate", unit: units.PercentUnit, null: "no data", shows: 671},
		{name: "fail_interval", title: "Fail rate 95 %"},
		{name: "mature", title: "n judged", unit: units.NoUnit, shows: 661},
		{name: "pending", title: "Pending", unit: units.NoUnit, shows: 671},
		level("Fail rate", "fail_level"), before("Fail rate", "fail_ratio_before", units.PercentUnit),
	}
	recovering = sheet{
		quantile("Recovery p50", "recovery_p50", 664), quantile("Recovery p75", "recovery_p75", 664), quantile("Recovery p90", "recovery_p90", 664), quantile("Recovery p95", "recovery_p95", 664),
		{name: "failures", title: "n failures", unit: units.NoUnit, shows: 664},
		{name: "open_failures", title: "Open", unit: units.NoUnit, colors: zeroIsGood(), shows: 664},
		level("Recovery", "recovery_level"), before("Recovery p50", "recovery_p50_before", units.Seconds),
	}
	rework = sheet{
		{name: "rework_ratio", title: "Rework rate", unit: units.PercentUnit, null: "no data", shows: 672},
		{name: "rework_interval", title: "Rework 95 %"},
		before("Rework rate", "rework_ratio_before", units.PercentUnit),
	}
)

// quantile is a column of a percentile of times, with the panel of its rows.
func quantile(title, name string, shows uint32) column {
	return column{name: name, title: title, unit: units.Seconds, null: "no data", shows: shows}
}

// fiveMetrics is a table of the five metrics that shows some of their columns; it stands on more than one dashboard.
func fiveMetrics(id uint32, title, link string, show sheet) panel {
	all := slices.Concat(delivery, lead, failing, recovering, rework)
	hide := slices.DeleteFunc(all.names(), func(name string) bool { return slices.Contains(show.names(), name) })
	return panel{
		id: id, width: 24, height: 10, title: title, query: "dash_dora_services", format: rows, link: link,
		empty: "No data because no deployment rule selects a stage that ended in this time range or before; see the deployment rules",
		view:  slices.Concat(service, all).without(hide...),
	}
}

func metricsRow() row {
	high := []string{"lead_p75", "lead_p90", "lead_p95", "recovery_p75", "recovery_p90", "recovery_p95"}
	of := func(id uint32, title string, show sheet) panel {
		p := fiveMetrics(id, title, doraExplainedUID, show)
		p.of = 611
		return p
	}
	return row{id: 610, title: "The five metrics, per service", panels: []panel{
		fiveMetrics(611, "Deployments, lead time and rework", doraExplainedUID, slices.Concat(delivery, lead, rework).without(high...)),
		of(612, "Failures and recovery", slices.Concat(failing, recovering).without(high...)),
		of(613, "Percentiles of lead and recovery time", slices.Concat(lead, recovering).without("lead_level", "lead_p50_before", "recovery_level", "recovery_p50_before")),
		{
			id: 614, width: 24, height: 9, title: "Beside the metrics: pauses, attempts and recovery", query: "dash_dora_pauses", format: rows, link: doraExplainedUID,
			empty: "No data because no attempt of a stage that a deployment rule selects ended in this time range",
			view: append(slices.Clone(service),
				column{name: "per_week", title: "per week", unit: units.NoUnit, null: "unknown", shows: 661},
				column{name: "active_days", title: "Active days", unit: units.NoUnit, shows: 661},
				column{name: "active_share", title: "Active share", unit: units.PercentUnit, shows: 661},
				quantile("Between deployments p50", "gap_p50", 661), quantile("Between deployments p90", "gap_p90", 661),
				column{name: "attempts", title: "n attempts", unit: units.NoUnit, shows: 661},
				column{name: "attempt_fail_ratio", title: "Attempts failed", unit: units.PercentUnit, null: "no data", shows: 661},
				column{name: "attempt_fail_interval", title: "Attempts 95 %"},
				quantile("Next success p50", "success_p50", 661),
				column{name: "oldest_open_s", title: "Oldest open", unit: units.Seconds, null: "–", shows: 664},
				quantile("From incident p50", "incident_recovery_p50", 664), quantile("First remedy p50", "first_remedy_p50", 664)),
		},
	}}
}

// trend is one metric of every service, by buckets of time.
func trend(id, width, shows uint32, title, query, unit, empty string) panel {
	return panel{id: id, width: width, height: 9, title: title, query: query, format: timeSeries, empty: empty, view: linesView(unit, "service"), link: doraExplainedUID, shows: shows}
}

func doraTrendRow() row {
	return row{id: 620, title: "Trends, per service", panels: []panel{
		trend(621, 12, 661, "Deployments per day", "dash_dora_frequency_trend", units.NoUnit, noDeployment),
		trend(622, 12, 662, "Change lead time, p50", "dash_dora_lead_trend", units.Seconds, "No data because no commit time is known of what was deployed in this time range"),
		trend(623, 8, 671, "Change fail rate", "dash_dora_fail_trend", units.PercentUnit, "No data because no deployment of this time range is old enough to be judged"),
		trend(624, 8, 664, "Recovery time, p50", "dash_dora_recovery_trend", units.Seconds, "No data because no deployment of this time range is known to have failed"),
		trend(625, 8, 672, "Rework rate", "dash_dora_rework_trend", units.PercentUnit, noDeployment),
	}}
}

// percentiles are the columns of a table of durations.
func percentiles(more ...column) cog.Builder[dashboard.Panel] {
	return tableView(append([]column{
		{name: "tenant", title: "Tenant"},
		{name: "project", title: "Project"},
		{name: "service", title: "Service"},
		{name: "environment", title: "Environment"},
		{name: "n", title: "n", unit: units.NoUnit},
		{name: "p50", title: "p50", unit: units.Seconds},
		{name: "p90", title: "p90", unit: units.Seconds},
	}, more...)...)
}

func leadRow() row {
	return row{id: 630, title: "Lead time: what it is made of", panels: []panel{
		{
			id: 631, width: 6, height: 9, title: "Changes by lead time", query: "dash_dora_distribution", format: rows, link: doraExplainedUID, shows: 662,
			empty: "No data because the changes could not be read", view: barGaugeView(units.NoUnit, plain()),
		},
		{
			id: 632, width: 18, height: 9, title: "Lead time by tier", query: "dash_dora_lead_times", format: rows, link: doraExplainedUID, shows: 662,
			empty: "No data because no commit time is known of what was deployed in this time range",
			view: percentiles(column{name: "tier", title: "Tier", words: tierColors}, column{name: "p75", title: "p75", unit: units.Seconds},
				column{name: "p95", title: "p95", unit: units.Seconds}, column{name: "wait_p50", title: "Waits for a run p50", unit: units.Seconds},
				column{name: "delivery_p50", title: "Delivery p50", unit: units.Seconds}),
		},
		{
			id: 633, width: 24, height: 4, title: "Tiers, and what is not counted", query: "dash_dora_tiers", format: rows, link: doraExplainedUID, shows: 662,
			empty: "No data because the changes could not be read",
			view: statView(units.NoUnit, plain(),
				column{name: "a", title: "changes of tier A", unit: units.NoUnit},
				column{name: "b", title: "changes of tier B", unit: units.NoUnit},
				column{name: "c", title: "deployments of tier C", unit: units.NoUnit},
				column{name: "seen", title: "first seen", unit: units.NoUnit},
				column{name: "baseline", title: "baseline", unit: units.NoUnit},
				column{name: "negative", title: "negative", unit: units.NoUnit, colors: scale(good, step{1, warn})},
				column{name: "older", title: "older commit", unit: units.NoUnit},
				column{name: "repeated", title: "repeated", unit: units.NoUnit},
				column{name: "no_time", title: "without a time", unit: units.NoUnit, colors: scale(good, step{1, unknown})},
				column{name: "unsplit", title: "not split", unit: units.NoUnit, colors: scale(good, step{1, warn})}),
		},
		{
			id: 634, width: 24, height: 7, title: "Pipeline delivery time (tier C, no lead time)", query: "dash_dora_deliveries", format: rows, link: doraExplainedUID, shows: 662,
			empty: "No data because every deployment of this time range has a commit time",
			view:  percentiles(column{name: "p95", title: "p95", unit: units.Seconds}),
		},
		{
			id: 635, width: 24, height: 7, title: "Changes that wait for a deployment", query: "dash_dora_undeployed", format: rows, link: doraExplainedUID, shows: 663,
			empty: "No data because no commit was seen that is newer than what is deployed",
			view:  percentiles(column{name: "oldest", title: "Oldest", unit: units.Seconds}, column{name: "deployed_at", title: "Last deployment"}),
		},
	}}
}

func failRow() row {
	return row{id: 640, title: "Failures: what they rest on", panels: []panel{
		{
			id: 641, width: 17, height: 4, title: "Failed deployments by evidence", query: "dash_dora_evidence_kinds", format: rows, link: doraExplainedUID, shows: 671,
			empty: "No data because the deployments could not be read",
			view: statView(units.NoUnit, plain(),
				column{name: "linked", title: "incident linked", unit: units.NoUnit},
				column{name: "followed", title: "incident after it", unit: units.NoUnit},
				column{name: "rolled_back", title: "rolled back", unit: units.NoUnit},
				column{name: "remedied", title: "marked remedy", unit: units.NoUnit},
				column{name: "failed", title: "failed", unit: units.NoUnit, colors: zeroIsGood()},
				column{name: "pending", title: "pending", unit: units.NoUnit},
				column{name: "mature", title: "n judged", unit: units.NoUnit}),
		},
		{
			id: 642, width: 7, height: 4, title: "Incidents", query: "dash_dora_unmatched", format: rows, link: doraExplainedUID, shows: 673,
			empty: "No data because the incidents could not be read",
			view: statView(units.NoUnit, plain(),
				column{name: "incidents", title: "n incidents", unit: units.NoUnit},
				column{name: "unmatched", title: "without a deployment", unit: units.NoUnit, colors: scale(good, step{1, warn})}),
		},
		{
			id: 643, width: 24, height: 12, title: "Deployments", query: "dash_dora_deployments", format: rows, empty: noDeployment,
			view: tableView(append(deploymentColumns(),
				column{name: "commit_id", title: "Commit"},
				column{name: "executor", title: "Executor"},
				column{name: "verdict", title: "Verdict", words: verdictColors},
				column{name: "reasons", title: "Why"},
				column{name: "evidence", title: "Evidence"},
				column{name: "recovery_s", title: "Recovered after", unit: units.Seconds, null: "–"},
				column{name: "rework", title: "Rework"},
			)...),
		},
	}}
}

// deploymentColumns are the first columns of every table of deployments.
func deploymentColumns() []column {
	return []column{
		{name: "finished_at", title: "Deployed"},
		{name: "tenant", title: "Tenant"},
		{name: "project", title: "Project"},
		{name: "service", title: "Service"},
		{name: "environment", title: "Environment"},
		{name: "run_number", title: "Run", unit: units.NoUnit, opens: "url"},
	}
}
