package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

const failuresUID = "artery-failed-stages"

// failures answers: what is red, since when and by which commit, what does it
// say, and which stages and steps cost most?
func failures() page {
	return page{
		uid: failuresUID, title: "Artery / Failed stages",
		description: "Red stages with first bad run, step and message; what began to fail and what recovered; where failures come from",
		from:        "now-30d/d", refresh: "1m",
		filters: serviceFilters, choices: []choice{interval("day")}, inputs: []input{codearts},
		notes: []note{{name: "Newly failing", query: "dash_note_newly_failing", color: bad}},
		rows:  []row{trust(), redRow(), transitionRow(), paretoRow()},
	}
}

// failedStages is the table of what is red now; it stands on more than one
// dashboard.
func failedStages(id, width uint32, hide ...string) panel {
	return panel{
		id: id, width: width, height: 9, title: "Failed stages now", query: "dash_failed_stages", format: rows,
		empty: "No data because no stage is red",
		view: tableView(
			column{name: "tenant", title: "Tenant"},
			column{name: "project", title: "Project"},
			pipelineColumn,
			column{name: "stage", title: "Stage"},
			column{name: "state", title: "State", words: stateColors},
			column{name: "red_since", title: "Red since"},
			column{name: "red_for_s", title: "Red for", unit: units.Seconds, colors: scale(warn, step{86400, bad})},
			column{name: "first_bad_run", title: "First bad run", unit: units.NoUnit, opens: "first_url"},
			column{name: "first_bad_commit", title: "First bad commit"},
			column{name: "failures", title: "Failed attempts", unit: units.NoUnit},
			column{name: "run_number", title: "Failed run", unit: units.NoUnit, opens: "url"},
			column{name: "commit_id", title: "Commit"},
			column{name: "branch", title: "Branch"},
			column{name: "executor", title: "Executor"},
			column{name: "last_green_at", title: "Last green", null: "none known"},
		).without(hide...),
	}
}

func redRow() row {
	return row{id: 210, title: "Red now", panels: []panel{
		{
			id: 211, width: 4, height: 4, title: "Failed stages", query: "dash_failed_count", format: rows, link: failuresUID, shows: 212,
			empty: "No data because the runs could not be read",
			view:  statView(units.NoUnit, zeroIsGood()),
		},
		{
			id: 221, width: 20, height: 4, title: "Newly failing, and time to green", query: "dash_stage_transition_counts", format: rows, link: failuresUID, shows: 222,
			empty: "No data because the stages could not be read",
			view: statView(units.NoUnit, plain(),
				column{name: "newly", title: "newly failing", unit: units.NoUnit, colors: zeroIsGood()},
				column{name: "n", title: "n recovered", unit: units.NoUnit, colors: plain()},
				column{name: "p50", title: "time to green, p50", unit: units.Seconds, null: "none recovered", colors: plain()},
				column{name: "p90", title: "time to green, p90", unit: units.Seconds, null: "none recovered", colors: plain()},
				listed),
		},
		failedStages(212, 24),
		{
			id: 213, width: 24, height: 9, title: "Failed steps of the red stages", query: "dash_failed_steps_now", format: rows,
			empty: "No data because no stage is red",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				column{name: "run_number", title: "Run", unit: units.NoUnit, opens: "url"},
				column{name: "stage", title: "Stage"},
				column{name: "job", title: "Job"},
				column{name: "step", title: "Step"},
				column{name: "message", title: "Message"},
				column{name: "log_end", title: "End of the log", long: true},
				column{name: "ended_at", title: "Stage failed at"},
			),
		},
	}}
}

func transitionRow() row {
	return row{id: 220, title: "Newly failing and recovered", panels: []panel{
		{
			id: 222, width: 24, height: 11, title: "Transitions", query: "dash_stage_transitions", format: rows,
			empty: "No data because no stage began to fail or recovered in this time range",
			view: tableView(
				column{name: "at", title: "When"},
				column{name: "state", title: "What", words: stateColors},
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				column{name: "stage", title: "Stage"},
				column{name: "branch", title: "Branch"},
				column{name: "run_number", title: "Run", unit: units.NoUnit, opens: "url"},
				column{name: "commit_id", title: "Commit"},
				column{name: "red_s", title: "Was red for", unit: units.Seconds, null: "–"},
				column{name: "failures", title: "Failed attempts", unit: units.NoUnit, null: "–"},
			),
		},
	}}
}

func paretoRow() row {
	ratio := column{name: "fail_ratio", title: "Failed, share", unit: units.PercentUnit, colors: scale(good, step{0.05, warn}, step{0.2, bad})}
	failed := column{name: "failed", title: "Failed", unit: units.NoUnit}
	cumulated := column{name: "cumulated", title: "Cumulated", unit: units.PercentUnit, colors: plain(), gauge: true}
	share := column{name: "share", title: "Of all failures", unit: units.PercentUnit}
	const none = "No data because nothing failed in this time range"
	return row{id: 230, title: "Where failures come from", panels: []panel{
		{
			id: 231, width: 24, height: 9, title: "Stages by failures", query: "dash_failed_pareto_stages", format: rows, empty: none,
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				column{name: "stage", title: "Stage"},
				failed,
				column{name: "n", title: "of n attempts", unit: units.NoUnit},
				ratio,
				column{name: "failed_s", title: "Time in failed attempts", unit: units.Seconds},
				share, cumulated,
			),
		},
		{
			id: 232, width: 24, height: 9, title: "Steps by failures", query: "dash_failed_pareto_steps", format: rows,
			empty: "No data because no step is known to have failed in this time range",
			view: tableView(
				column{name: "stage", title: "Stage"},
				column{name: "step", title: "Step"},
				failed,
				column{name: "n", title: "of n executions", unit: units.NoUnit},
				ratio,
				column{name: "pipelines", title: "Pipelines", unit: units.NoUnit},
				share, cumulated,
				column{name: "message", title: "Newest message"},
				column{name: "last_failed_at", title: "Last failed"},
			),
		},
		{
			id: 233, width: 24, height: 14, title: "Failed attempts by stage over time", query: "dash_failed_heat_map", format: timeSeries, empty: none,
			view: mapView("stage", scale(good, step{1, warn}, step{3, bad})),
		},
	}}
}
