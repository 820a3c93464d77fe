package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

func logRow() row {
	return row{id: 40, title: "The way to ClickHouse", panels: []panel{
		{
			id: 41, width: 12, height: 8, title: "Change events by kind", query: "dash_events_by_kind", format: timeSeries,
			empty: "No data because nothing changed in this time range, or nothing was polled: see Freshness",
			view:  barsView("kind", nil).MaxDataPoints(120),
		},
		{
			id: 42, width: 12, height: 8, title: "From seen to stored in the log", query: "dash_append_delay", format: timeSeries,
			empty: "No data because nothing was polled in this time range",
			view: linesView(units.Seconds, "",
				curve{name: "p50", title: "p50", color: live},
				curve{name: "p95", title: "p95", color: live, few: true},
				curve{name: "n", title: "n records", color: idle, count: true}).MaxDataPoints(120),
		},
		{
			id: 43, width: 18, height: 5, title: "Newest message in ClickHouse", query: "dash_loader_lag", format: rows,
			empty: "No data because no poll record was stored for this tenant by then, or none in the two days before As of",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "newest_observed_at", title: "Observed"},
				column{name: "newest_stored_at", title: "Stored in the log"},
				column{name: "age_s", title: "Age", unit: units.Seconds, colors: scale(good, step{180, warn}, step{600, bad})},
				column{name: "newest_seq", title: "Stream sequence", unit: units.NoUnit},
			),
		},
		{
			id: 45, width: 6, height: 5, title: "Waits to be judged", query: "dash_judging", format: rows,
			empty: "No data because what waited in the past is not kept",
			view: tableView(
				column{name: "age_s", title: "The oldest", unit: units.Seconds, colors: scale(good, step{180, warn}, step{600, bad})},
				column{name: "units", title: "Services and pipelines", unit: units.NoUnit},
			),
		},
		{
			id: 44, width: 24, height: 10, title: "Last change events", query: "dash_last_events", format: rows,
			empty: "No data because nothing changed in this time range, or nothing was polled: see Freshness",
			view: tableView(
				column{name: "observed_at", title: "Observed"},
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "kind", title: "Kind"},
				column{name: "op", title: "What", words: opColors},
				column{name: "id", title: "Id"},
				column{name: "seq", title: "Stream sequence", unit: units.NoUnit},
			),
		},
	}}
}

func quarantineRow() row {
	return row{id: 50, title: "Quarantine and odd rows", panels: []panel{
		{
			id: 51, width: 24, height: 8, title: "Messages in quarantine", query: "dash_quarantine", format: rows,
			empty: "No data because every message became a row by then",
			view: tableView(
				column{name: "stored_at", title: "Stored in the log"},
				column{name: "seq", title: "Stream sequence", unit: units.NoUnit},
				column{name: "subject", title: "Subject"},
				column{name: "error", title: "Error"},
				column{name: "bytes", title: "Size", unit: units.BytesIEC},
				column{name: "loader_version", title: "Loader"},
			),
		},
		{
			id: 52, width: 24, height: 8, title: "Rows of CodeArts that could not be read", query: "dash_odd_rows", format: rows,
			empty: "No data because every row of every answer could be read by then",
			view: tableView(
				column{name: "observed_at", title: "First seen"},
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "poller", title: "Poller"},
				column{name: "api", title: "API"},
				column{name: "row_kind", title: "Kind"},
				column{name: "position", title: "Place in the list", unit: units.NoUnit},
				column{name: "reason", title: "Why"},
				column{name: "bytes", title: "Size", unit: units.BytesIEC},
				column{name: "beginning", title: "How it begins"},
			),
		},
	}}
}
