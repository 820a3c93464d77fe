package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

func repositoryRow() row {
	const none = "No data because no repository has been stored for this tenant and project"
	return row{id: 140, title: "Repositories", panels: []panel{
		{
			id: 141, width: 8, height: 12, title: "Largest repositories", query: "dash_repository_top", format: rows, empty: none, link: capacityUID, shows: 421,
			view: barGaugeView(units.Mebibytes, scale(good, sizeScale()...)),
		},
		{
			id: 142, width: 16, height: 12, title: "Growth in 30 days", query: "dash_repository_growth", format: rows, empty: none,
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				repositoryColumn,
				column{name: "size_mb", title: "Size", unit: units.Mebibytes, colors: scale(good, sizeScale()...)},
				column{name: "growth_mb", title: "Growth", unit: units.Mebibytes},
				column{name: "growth_ratio", title: "Growth, share", unit: units.PercentUnit, null: "was empty"},
				column{name: "per_day_mb", title: "Growth per day", unit: units.Mebibytes, null: "under a day"},
				column{name: "since", title: "Since"},
				column{name: "days", title: "Days watched", unit: units.NoUnit, whole: true},
				column{name: "members", title: "Members", unit: units.NoUnit},
			),
		},
		{
			id: 143, width: 24, height: 8, title: "Total size", query: "dash_repository_total", format: timeSeries, link: capacityUID, shows: 421,
			empty: "No data because no repository had been seen by the end of this time range",
			view:  linesView(units.Mebibytes, "tenant").LineInterpolation("stepAfter"),
		},
	}}
}

func gateRow() row {
	return row{id: 150, title: "Gates", panels: []panel{
		{
			id: 151, width: 24, height: 8, title: "Gates now", query: "dash_gates_now", format: rows,
			empty: "No data because no gate has been stored for this tenant and project",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "item", title: "Item", opens: "gate_url"},
				column{name: "switch", title: "Switch", words: switchColors},
				column{name: "compare", title: "Compare"},
				column{name: "threshold", title: "Threshold", unit: units.NoUnit, null: "none"},
				column{name: "since", title: "In this state since"},
			),
		},
		gateChanges(152, 24),
	}}
}
