package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

const healthUID = "artery-collector-health"

// health tells how far the other dashboards can be trusted, and where to look
// when they can not.
func health() page {
	return page{
		uid: healthUID, title: "Artery / Collector health",
		description: "What was polled and when, what is missing, what went wrong on the way to ClickHouse",
		from:        "now-24h", refresh: "1m",
		notes: []note{{name: "List turned empty", query: "dash_note_empty_lists", color: bad}},
		rows:  []row{trust(), freshnessRow(), pollRow(), completenessRow(), logRow(), quarantineRow()},
	}
}

func freshnessRow() row {
	return row{id: 10, title: "Freshness", panels: []panel{
		{
			id: 11, width: 24, height: 12, title: "Pollers by project", query: "dash_freshness", format: rows,
			empty: "No data because no poll record had been stored for this tenant and project by then",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "poller", title: "Poller"},
				column{name: "kinds", title: "Kinds"},
				column{name: "late", title: "Age / objective", unit: units.PercentUnit, null: "never", colors: scale(good, step{0.7, warn}, step{1, bad}), gauge: true},
				column{name: "good_age_s", title: "Last good poll", unit: units.Seconds, null: "never"},
				column{name: "objective_s", title: "Objective", unit: units.Seconds},
				column{name: "complete_age_s", title: "Last complete listing", unit: units.Seconds, null: "never"},
				column{name: "complete_total", title: "Rows listed", unit: units.NoUnit, null: "–"},
				column{name: "errors", title: "Errors, last round", unit: units.NoUnit, colors: zeroIsGood()},
			),
		},
	}}
}

func pollRow() row {
	return row{id: 20, title: "Polling", panels: []panel{
		{
			id: 21, width: 12, height: 8, title: "Poll errors and odd rows", query: "dash_poll_errors", format: timeSeries,
			empty: "No data because nothing was polled in this time range",
			view:  linesView(units.Short, "poller"),
		},
		{
			id: 22, width: 12, height: 8, title: "Complete and empty listings", query: "dash_sweeps", format: timeSeries,
			empty: "No data because nothing was polled in this time range",
			view: linesView(units.Short, "",
				curve{name: "complete", title: "complete", color: good},
				curve{name: "listed_nothing", title: "listed nothing", color: warn},
				curve{name: "with_errors", title: "with errors", color: bad}),
		},
		{
			id: 23, width: 24, height: 10, title: "Rounds by poller and project", query: "dash_poll_rounds", format: rows,
			empty: "No data because nothing was polled in this time range",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "poller", title: "Poller"},
				column{name: "rounds", title: "Rounds", unit: units.NoUnit},
				column{name: "complete", title: "Complete", unit: units.NoUnit},
				column{name: "listed_nothing", title: "Listed nothing", unit: units.NoUnit, colors: scale(idle, step{1, warn})},
				column{name: "unchanged", title: "Without change", unit: units.NoUnit},
				column{name: "changes", title: "Change events", unit: units.NoUnit},
				column{name: "pages", title: "Pages", unit: units.NoUnit},
				column{name: "errors", title: "Errors", unit: units.NoUnit, colors: zeroIsGood()},
			),
		},
	}}
}

func completenessRow() row {
	completeness := column{name: "completeness", title: "Completeness", unit: units.PercentUnit, null: "unknown", colors: ratioScale(0.99, 1)}
	missing := column{name: "missing", title: "Missing numbers", unit: units.NoUnit, null: "unknown", colors: zeroIsGood()}
	unnumbered := column{name: "unnumbered", title: "Without number", unit: units.NoUnit, null: "not kept"}
	const unknown = "No data because no pipeline of this tenant and project was known by then"
	return row{id: 30, title: "Completeness", panels: []panel{
		{
			id: 31, width: 24, height: 7, title: "Completeness by project", query: "dash_completeness_projects", format: rows,
			empty: unknown,
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				completeness,
				column{name: "n", title: "of n numbers", unit: units.NoUnit},
				missing, unnumbered,
				column{name: "pipelines", title: "Pipelines", unit: units.NoUnit},
				column{name: "unread", title: "History not read", unit: units.NoUnit, colors: zeroIsGood()},
			),
		},
		{
			id: 32, width: 24, height: 9, title: "Completeness by pipeline", query: "dash_completeness_pipelines", format: rows,
			empty: unknown,
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				completeness,
				column{name: "expected", title: "of n numbers", unit: units.NoUnit},
				column{name: "stored", title: "Stored", unit: units.NoUnit},
				missing, unnumbered,
				column{name: "history", title: "History", words: historyColors},
			),
		},
		{
			id: 33, width: 24, height: 10, title: "Coverage of history", query: "dash_coverage", format: rows,
			empty: unknown,
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				column{name: "history", title: "History", words: historyColors},
				column{name: "from_at", title: "Read from", null: "not read"},
				column{name: "to_at", title: "Read to", null: "not read"},
				column{name: "rows_in_window", title: "Rows in the last window", unit: units.NoUnit},
				column{name: "runs", title: "Runs stored", unit: units.NoUnit},
				column{name: "first_started_at", title: "First run", null: "–"},
			),
		},
		{
			id: 34, width: 24, height: 10, title: "Completeness certificate", query: "dash_certificate", format: rows,
			empty: "No data because no run began in this time range",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				pipelineColumn,
				column{name: "day", title: "Day", unit: "time:YYYY-MM-DD"},
				column{name: "known", title: "Runs known", unit: units.NoUnit},
				column{name: "expected", title: "Numbers expected", unit: units.NoUnit},
				column{name: "pending", title: "Not looked for yet", unit: units.NoUnit, colors: zeroIsGood()},
				column{name: "unknown", title: "CodeArts has none", unit: units.NoUnit},
				column{name: "unexplained", title: "Spoken of, not stored", unit: units.NoUnit, null: "not read", colors: zeroIsGood()},
				column{name: "open", title: "Open", unit: units.NoUnit},
				column{name: "unnumbered", title: "Without number", unit: units.NoUnit},
				column{name: "last_good_sweep_at", title: "Last good list of the day", null: "none"},
			),
		},
	}}
}
