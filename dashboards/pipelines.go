package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

const pipelinesUID = "artery-pipeline-health"

// pipelines answers: how often do runs succeed, how long do they take and wait,
// what is stuck or silent, and what do failing and waiting cost?
func pipelines() page {
	return page{
		uid: pipelinesUID, title: "Artery / Pipeline health",
		description: "Success, duration, queue and approval wait of runs; open and silent pipelines; critical path, flaky stages and cost",
		from:        "now-30d/d", refresh: "5m",
		filters: serviceFilters, choices: []choice{interval("day")},
		inputs: []input{
			codearts,
			{"price_machine", "Price per machine minute", "What a minute of a failed or cancelled stage attempt costs. Not set: prices in the configuration, else unknown"},
			{"price_waiting", "Price per minute of waiting", "What a minute of a run in the queue or before an approval costs. Not set: prices in the configuration, else unknown"},
		},
		rows: []row{trust(), successRow(), openRow(), durationRow(), pipelineRow(), flakyRow()},
	}
}

func successRow() row {
	const none = "No data because no run completed or failed in this time range"
	return row{id: 310, title: "Success", panels: []panel{
		{
			id: 311, width: 10, height: 8, title: "Success and duration of runs", query: "dash_run_success", format: rows, link: pipelinesUID, shows: 341, empty: none,
			view: statView(units.NoUnit, plain(),
				column{name: "success_ratio", title: "success", unit: units.PercentUnit, null: "no run", colors: ratioScale(0.8, 0.95)},
				column{name: "n", title: "of n runs", unit: units.NoUnit, colors: plain()},
				column{name: "p50", title: "duration, p50", unit: units.Seconds, null: "no run", colors: plain()},
				column{name: "p95", title: "duration, p95", unit: units.Seconds, null: "no run", colors: plain()}),
		},
		{
			id: 312, width: 14, height: 8, title: "Success over time", query: "dash_run_success_days", format: timeSeries, empty: none,
			view: linesView(units.PercentUnit, "",
				curve{name: "success_ratio", title: "success", color: good},
				curve{name: "n", title: "n runs", color: idle, count: true}).Interval("1d"),
		},
	}}
}

// openRuns is the table of runs that are not over; it stands on more than one
// dashboard.
func openRuns(id, width, height uint32) panel {
	return panel{
		id: id, width: width, height: height, title: "Running, queued and paused now", query: "dash_running_now", format: rows,
		empty: "No data because no run is going on",
		view: tableView(
			column{name: "tenant", title: "Tenant"},
			column{name: "project", title: "Project"},
			pipelineColumn,
			column{name: "run_number", title: "Run", unit: units.NoUnit, opens: "url", null: "no number yet"},
			column{name: "status", title: "Status", words: statusColors},
			column{name: "started_at", title: "Started", null: "not started"},
			column{name: "age_s", title: "For", unit: units.Seconds, null: "not started"},
			column{name: "trigger_type", title: "Trigger"},
			column{name: "branch", title: "Branch"},
			column{name: "executor", title: "Executor"},
		),
	}
}

func openRow() row {
	return row{id: 320, title: "Open and silent", panels: []panel{
		{
			id: 321, width: 24, height: 4, title: "Not over", query: "dash_open_runs", format: rows, link: pipelinesUID, shows: 322,
			empty: "No data because the runs could not be read",
			view: statView(units.NoUnit, plain(),
				column{name: "running", title: "running", unit: units.NoUnit, colors: plain()},
				column{name: "queued", title: "queued", unit: units.NoUnit, colors: plain()},
				column{name: "paused", title: "paused", unit: units.NoUnit, colors: plain()},
				column{name: "oldest_s", title: "oldest", unit: units.Seconds, null: "none", colors: scale(live, step{86400, warn}, step{604800, bad})}),
		},
		openRuns(322, 24, 8),
		{
			id: 323, width: 24, height: 8, title: "Silent pipelines", query: "dash_silent_pipelines", format: rows,
			empty: "No data because no pipeline is silent for longer than is usual for it",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				column{name: "last_started_at", title: "Last start"},
				column{name: "silent_s", title: "Silent for", unit: units.Seconds},
				column{name: "usual_s", title: "Usual pause", unit: units.Seconds},
				column{name: "times", title: "Times the usual", unit: units.Short, colors: scale(warn, step{3, bad})},
				column{name: "n", title: "learned from n pauses", unit: units.NoUnit},
			),
		},
	}}
}

func durationRow() row {
	percentiles := func(n string) []curve {
		return []curve{
			{name: "p50", title: "p50", color: live},
			{name: "p95", title: "p95", color: live, few: true},
			{name: "n", title: n, color: idle, count: true},
		}
	}
	return row{id: 330, title: "Duration and waiting", panels: []panel{
		{
			id: 331, width: 8, height: 9, title: "Run duration", query: "dash_run_duration", format: timeSeries,
			empty: "No data because no run ended in this time range",
			view:  linesView(units.Seconds, "", percentiles("n runs")...).Interval("1d"),
		},
		{
			id: 332, width: 8, height: 9, title: "Queue wait", query: "dash_run_queue_days", format: timeSeries,
			empty: "No data because no run that ended in this time range has the start of a stage",
			view:  linesView(units.Seconds, "", percentiles("n runs")...).Interval("1d"),
		},
		{
			id: 333, width: 8, height: 9, title: "Approval wait", query: "dash_run_pause_days", format: timeSeries,
			empty: "No data because no run that ended in this time range was seen to wait",
			view:  linesView(units.Seconds, "", percentiles("n runs that waited")...).Interval("1d"),
		},
	}}
}

func pipelineRow() row {
	pipeline := []column{{name: "tenant", title: "Tenant"}, {name: "project", title: "Project"}, pipelineColumn}
	return row{id: 340, title: "Pipelines", panels: []panel{
		{
			id: 341, width: 24, height: 11, title: "Pipelines", query: "dash_pipeline_health", format: rows,
			empty: "No data because no run completed or failed in this time range",
			view: tableView(append(pipeline,
				column{name: "success_ratio", title: "Success", unit: units.PercentUnit, colors: ratioScale(0.8, 0.95)},
				column{name: "n", title: "of n runs", unit: units.NoUnit},
				column{name: "duration_p50", title: "Duration, p50", unit: units.Seconds},
				column{name: "duration_p95", title: "Duration, p95", unit: units.Seconds},
				column{name: "queue_p50", title: "Queue, p50", unit: units.Seconds},
				column{name: "queue_p95", title: "Queue, p95", unit: units.Seconds},
				column{name: "paused_p50", title: "Approval, p50", unit: units.Seconds, null: "none seen"},
				column{name: "paused_n", title: "of n that waited", unit: units.NoUnit},
				column{name: "last_ended_at", title: "Last ended"},
			)...),
		},
		{
			id: 342, width: 24, height: 9, title: "Critical path by stage", query: "dash_critical_path", format: rows,
			empty: "No data because no run with stages completed or failed in this time range",
			view: tableView(append(pipeline,
				column{name: "stage", title: "Stage"},
				column{name: "share", title: "Of the pipeline's time", unit: units.PercentUnit, colors: plain(), gauge: true},
				column{name: "n", title: "On the path of", unit: units.NoUnit},
				column{name: "runs", title: "of n runs", unit: units.NoUnit},
				column{name: "p50", title: "p50", unit: units.Seconds},
				column{name: "p95", title: "p95", unit: units.Seconds},
			)...),
		},
		{
			id: 343, width: 24, height: 9, title: "Time to green", query: "dash_time_to_green", format: rows,
			empty: "No data because no stage was red in this time range",
			view: tableView(append(pipeline,
				column{name: "n", title: "n recovered", unit: units.NoUnit},
				column{name: "p50", title: "Time to green, p50", unit: units.Seconds, null: "none recovered"},
				column{name: "p90", title: "p90", unit: units.Seconds, null: "none recovered"},
				column{name: "open", title: "Still red", unit: units.NoUnit, colors: zeroIsGood()},
				column{name: "first_bad_run", title: "First bad run", unit: units.NoUnit, opens: "first_url"},
				column{name: "first_bad_commit", title: "First bad commit"},
				column{name: "first_executor", title: "Executor"},
			)...),
		},
	}}
}

func flakyRow() row {
	return row{id: 350, title: "Flaky stages and cost", panels: []panel{
		{
			id: 351, width: 24, height: 9, title: "Flaky stages", query: "dash_flaky_stages", format: rows,
			empty: "No data because no stage failed and then passed with the same commit in this time range",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				column{name: "stage", title: "Stage"},
				column{name: "flaky_ratio", title: "Flaky", unit: units.PercentUnit, colors: scale(warn, step{0.1, bad})},
				column{name: "flaky", title: "Flaky commits", unit: units.NoUnit},
				column{name: "n", title: "of n commits", unit: units.NoUnit},
				column{name: "retried", title: "Passed on retry", unit: units.NoUnit},
				column{name: "rerun", title: "Passed in another run", unit: units.NoUnit},
				column{name: "failed_s", title: "Lost in failed attempts", unit: units.Seconds},
				column{name: "delay_s", title: "Delay", unit: units.Seconds},
				column{name: "last_flaky_at", title: "Last"},
			),
		},
		{
			id: 353, width: 24, height: 4, title: "Cost of failing and waiting, all pipelines", query: "dash_cost_total", format: rows,
			empty: "No data because nothing failed or waited in this time range",
			view: tableView(
				column{name: "n", title: "n pipelines", unit: units.NoUnit},
				column{name: "wasted_s", title: "In failed and cancelled attempts", unit: units.Seconds, null: "none"},
				column{name: "waiting_s", title: "Queue and approval wait", unit: units.Seconds},
				column{name: "wasted_cost", title: "Cost of failing", unit: units.LocaleFormat, null: "no price"},
				column{name: "waiting_cost", title: "Cost of waiting", unit: units.LocaleFormat, null: "no price"},
				column{name: "cost", title: "Cost", unit: units.LocaleFormat, null: "no price"},
				column{name: "unpriced", title: "Pipelines without a price", unit: units.NoUnit, colors: scale(good, step{1, warn})},
				column{name: "currency", title: "Currency"},
			),
		},
		{
			id: 352, width: 24, height: 9, title: "Cost of failing and waiting, by pipeline", query: "dash_run_cost", format: rows,
			empty: "No data because nothing failed or waited in this time range",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				column{name: "wasted_s", title: "In failed and cancelled attempts", unit: units.Seconds, null: "none"},
				column{name: "attempts", title: "n attempts", unit: units.NoUnit},
				column{name: "wasted_cost", title: "Cost of failing", unit: units.LocaleFormat, null: "no price"},
				column{name: "queue_s", title: "Queue wait", unit: units.Seconds},
				column{name: "paused_s", title: "Approval wait", unit: units.Seconds},
				column{name: "runs", title: "n runs", unit: units.NoUnit},
				column{name: "waiting_cost", title: "Cost of waiting", unit: units.LocaleFormat, null: "no price"},
				column{name: "currency", title: "Currency"},
			),
		},
	}}
}
