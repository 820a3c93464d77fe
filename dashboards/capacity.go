package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

const capacityUID = "artery-capacity"

// capacity answers: how large are the repositories, which of them grow, when do
// they reach the limit, and what may be built?
func capacity() page {
	return page{
		uid: capacityUID, title: "Artery / Capacity",
		description: "Sizes of repositories as of the end of the time range, their growth and jumps, days to the limit; build packages and quota",
		from:        "now-30d/d", refresh: "15m",
		rows: []row{trust(), sizeRow(), forecastRow(), buildRow()},
	}
}

// sizeScale is the scale of a repository's size in MB: orange from 70 % of what
// CodeArts allows, red from 90 %.
func sizeScale() []step { return []step{{21504, warn}, {27648, bad}} }

func sizeRow() row {
	const none = "No data because no repository had been seen by the end of this time range"
	return row{id: 410, title: "Sizes", panels: []panel{
		{
			id: 411, width: 24, height: 6, title: "Tenants", query: "dash_repository_tenants", format: rows, empty: none,
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "total_mb", title: "Total", unit: units.Mebibytes},
				column{name: "repositories", title: "Repositories", unit: units.NoUnit},
				column{name: "growth_day_mb", title: "Growth, 1 day", unit: units.Mebibytes},
				column{name: "growth_month_mb", title: "Growth, 30 days", unit: units.Mebibytes},
				column{name: "new_repositories", title: "First seen in 30 days", unit: units.NoUnit},
				column{name: "largest_mb", title: "Largest", unit: units.Mebibytes, colors: scale(good, sizeScale()...)},
				column{name: "not_normal", title: "Frozen, closed, going", unit: units.NoUnit},
				column{name: "memberships", title: "Memberships", unit: units.NoUnit},
			),
		},
		{
			id: 412, width: 8, height: 12, title: "Largest repositories", query: "dash_repository_top", format: rows,
			empty: "No data because no repository has been stored for this tenant and project",
			view:  barGaugeView(units.Mebibytes, scale(good, sizeScale()...)),
		},
		{
			id: 413, width: 8, height: 12, title: "Top growers of 30 days", query: "dash_repository_growers", format: rows,
			empty: "No data because no repository that was watched for 30 days grew",
			view:  barGaugeView(units.Mebibytes, plain()),
		},
		{
			id: 414, width: 8, height: 12, title: "Total size", query: "dash_repository_total", format: timeSeries, empty: none,
			view: linesView(units.Mebibytes, "tenant").LineInterpolation("stepAfter"),
		},
	}}
}

func forecastRow() row {
	return row{id: 420, title: "Growth", panels: []panel{
		{
			id: 421, width: 24, height: 14, title: "Repositories and days to the limit", query: "dash_repository_forecast", format: rows,
			empty: "No data because no repository had been seen by the end of this time range",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				repositoryColumn,
				column{name: "size_mb", title: "Size", unit: units.Mebibytes, colors: scale(good, sizeScale()...)},
				column{name: "used", title: "Of the limit", unit: units.PercentUnit, colors: scale(good, step{0.7, warn}, step{0.9, bad}), gauge: true},
				column{name: "growth_day_mb", title: "Growth, 1 day", unit: units.Mebibytes},
				column{name: "growth_month_mb", title: "Growth, 30 days", unit: units.Mebibytes},
				column{name: "per_day_mb", title: "Trend per day", unit: units.Mebibytes, null: "under 8 days"},
				column{name: "days_left", title: "Days to the limit", unit: units.NoUnit, null: "no date", colors: scale(bad, step{30, warn}, step{180, good})},
				column{name: "soonest", title: "Soonest", unit: units.NoUnit, null: "no date"},
				column{name: "latest", title: "Latest", unit: units.NoUnit, null: "no date"},
				column{name: "n", title: "of n days", unit: units.NoUnit},
				column{name: "members", title: "Members", unit: units.NoUnit},
				column{name: "state", title: "State", words: repositoryColors},
				column{name: "locked", title: "Locked", words: repositoryColors},
			),
		},
		{
			id: 422, width: 24, height: 9, title: "Jumps", query: "dash_repository_steps", format: rows,
			empty: "No data because no repository changed by more than is usual for it in this time range",
			view: tableView(
				column{name: "seen_at", title: "Seen"},
				column{name: "after", title: "Not before", null: "unknown"},
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				repositoryColumn,
				column{name: "change_mb", title: "Change", unit: units.Mebibytes},
				column{name: "usual_mb", title: "Usual change", unit: units.Mebibytes, null: "not known yet"},
				column{name: "n", title: "of n changes", unit: units.NoUnit},
				column{name: "size_mb", title: "Size then", unit: units.Mebibytes},
				column{name: "committed_by", title: "Commits of that time by"},
			),
		},
	}}
}

func buildRow() row {
	return row{id: 430, title: "Build", panels: []panel{
		{
			id: 431, width: 24, height: 8, title: "Build package and quota", query: "dash_build_tenants", format: rows,
			empty: "No data because no build account has been stored: build_domains in the configuration names them",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "account", title: "Account"},
				column{name: "service", title: "Service"},
				column{name: "region", title: "Region"},
				column{name: "package", title: "Package"},
				column{name: "free_quota", title: "Free quota"},
				column{name: "free_package_quota", title: "Free package quota"},
				column{name: "thresholds", title: "Thresholds"},
				column{name: "status", title: "Status", unit: units.NoUnit},
				column{name: "since", title: "In this state since"},
			),
		},
	}}
}
