package main

import (
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/units"
)

// trust is the first row of every dashboard, the same everywhere: may the
// numbers below be believed? A click leads to the panel of the collector health
// that says more. The reasons for no data fit into one line of a small panel, and hold too where the answer is NULL.
func trust() row {
	return row{id: 1, title: "Trust: can these numbers be believed?", panels: []panel{
		{
			id: 2, width: 4, height: 4, title: "Most overdue poller", query: "dash_trust_freshness", format: rows, link: healthUID, shows: 11,
			empty: "No data because of no good poll",
			view:  statView(units.PercentUnit, scale(good, step{0.7, warn}, step{1, bad})).Decimals(0),
		},
		{
			id: 3, width: 6, height: 4, title: "Completeness", query: "dash_trust_completeness", format: rows, link: healthUID, shows: 32,
			empty: "No data because not all is read",
			view: statView(units.PercentUnit, ratioScale(0.99, 1),
				column{name: "completeness", title: "stored", unit: units.PercentUnit},
				column{name: "n", title: "of n run numbers", unit: units.NoUnit, colors: plain(), whole: true}).Decimals(2).Orientation(common.VizOrientationHorizontal),
		},
		{
			id: 4, width: 4, height: 4, title: "Last message", query: "dash_trust_last_event", format: rows, link: healthUID, shows: 43,
			empty: "No data because nothing was polled",
			view:  statView(units.Seconds, scale(good, step{180, warn}, step{600, bad})).Decimals(0),
		},
		{
			id: 7, width: 4, height: 4, title: "Budget of calls used, 1 h", query: "dash_trust_budget", format: rows, link: healthUID, shows: 23,
			empty: "No data because no limit is known",
			view:  statView(units.PercentUnit, scale(good, step{0.7, warn}, step{0.95, bad})).Decimals(1),
		},
		{
			id: 5, width: 3, height: 4, title: "Poll errors, 24 h", query: "dash_trust_errors", format: rows, link: healthUID, shows: 21,
			empty: "No data because nothing was polled",
			view:  statView(units.NoUnit, scale(good, step{1, warn}, step{100, bad})),
		},
		{
			id: 6, width: 3, height: 4, title: "Quarantine", query: "dash_quarantine_count", format: rows, link: healthUID, shows: 51,
			empty: "No data because the table quarantine could not be read",
			view:  statView(units.NoUnit, zeroIsGood()),
		},
	}}
}
