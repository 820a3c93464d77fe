package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

const gatesUID = "artery-gates"

// gates answers: what do the gates demand, who changed them and how, which
// projects fall short of the baseline, and what was deployed meanwhile?
func gates() page {
	return page{
		uid: gatesUID, title: "Artery / Gates",
		description: "Gate configurations as of the end of the time range, their changes, drift from a baseline, coverage of projects",
		from:        "now-30d/d", refresh: "5m",
		filters: serviceFilters, inputs: []input{codearts},
		choices: []choice{{"baseline", "Baseline", "Gates are compared with those of the tenant, or of this project", "dash_var_baseline", "Tenant", "tenant"}},
		notes:   []note{{name: "Gate weakened", query: "dash_note_gate_changes", color: bad}},
		rows:    []row{trust(), gateChangeRow(), driftRow(), settingRow()},
	}
}

// gateChanges is the table of changes; it stands on more than one dashboard.
func gateChanges(id, width uint32) panel {
	return panel{
		id: id, width: width, height: 10, title: "Last gate changes", query: "dash_gate_changes", format: rows,
		empty: "No data because no gate was seen to change in this time range",
		view: tableView(
			column{name: "changed_at", title: "When"},
			column{name: "tenant", title: "Tenant"},
			column{name: "project", title: "Project"},
			configColumn,
			column{name: "item", title: "Item"},
			column{name: "field", title: "Field"},
			column{name: "effect", title: "Effect", words: effectColors},
			column{name: "before", title: "Before"},
			column{name: "after", title: "After"},
			column{name: "changed_by", title: "By"},
		),
	}
}

// listed says of a number how much of its evidence a table has that ends somewhere.
var listed = column{name: "listed", title: "listed in the table", unit: units.NoUnit, colors: plain()}

func gateChangeRow() row {
	return row{id: 510, title: "Changes", panels: []panel{
		{
			id: 511, width: 5, height: 10, title: "Changed settings", query: "dash_gate_directions", format: rows, link: gatesUID, shows: 512,
			empty: "No data because the gate changes could not be read",
			view: statView(units.NoUnit, plain(),
				column{name: "weakened", title: "weakened", unit: units.NoUnit, colors: zeroIsGood()},
				column{name: "strengthened", title: "strengthened", unit: units.NoUnit, colors: plain()},
				column{name: "changed", title: "changed", unit: units.NoUnit, colors: plain()},
				listed),
		},
		gateChanges(512, 19),
		{
			id: 514, width: 4, height: 9, title: "Under a weaker gate", query: "dash_gate_weak_count", format: rows, link: gatesUID, shows: 513,
			empty: "No data because the deployments could not be read",
			view:  statView(units.NoUnit, plain(), column{name: "n", title: "deployments", unit: units.NoUnit, colors: zeroIsGood()}, listed),
		},
		{
			id: 513, width: 20, height: 9, title: "Deployments while a gate was weaker than its baseline", query: "dash_gate_weak_deployments", format: rows,
			empty: "No data because no deployment of this time range is known to have been made while a gate was weaker",
			view: tableView(
				column{name: "finished_at", title: "Deployed"},
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "service", title: "Service"},
				column{name: "environment", title: "Environment"},
				column{name: "run_number", title: "Run", unit: units.NoUnit, opens: "url"},
				column{name: "commit_id", title: "Commit"},
				column{name: "executor", title: "Executor"},
				column{name: "weaker", title: "Weaker settings", unit: units.NoUnit, colors: zeroIsGood()},
				column{name: "items", title: "Which", opens: "gate_url"},
			),
		},
	}}
}

func driftRow() row {
	return row{id: 520, title: "Coverage and drift", panels: []panel{
		{
			id: 521, width: 6, height: 10, title: "Projects with a gate", query: "dash_gate_coverage_share", format: rows, link: gatesUID, shows: 522,
			empty: "No data because no project has been stored for this tenant",
			view: statView(units.NoUnit, plain(),
				column{name: "covered", title: "have a gate", unit: units.PercentUnit, null: "unknown", colors: ratioScale(0.8, 1)},
				column{name: "n", title: "of n projects", unit: units.NoUnit, colors: plain()},
				column{name: "unknown", title: "unknown", unit: units.NoUnit, colors: scale(good, step{1, unknown})}),
		},
		{
			id: 522, width: 18, height: 10, title: "Coverage", query: "dash_gate_coverage", format: rows,
			empty: "No data because no project has been stored for this tenant",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "gate", title: "Gate", words: coverageColors, opens: "gate_url"},
				column{name: "checks_on", title: "Checks on", unit: units.NoUnit},
				column{name: "checks", title: "of n checks", unit: units.NoUnit},
				column{name: "rule_sets", title: "Rule sets", unit: units.NoUnit},
				column{name: "open_source", title: "Open-source policies", unit: units.NoUnit},
				column{name: "weaker", title: "Weaker", unit: units.NoUnit, null: "not compared", colors: zeroIsGood()},
				column{name: "stronger", title: "Stronger", unit: units.NoUnit, null: "not compared"},
				column{name: "n", title: "of n settings", unit: units.NoUnit},
			),
		},
		{
			id: 523, width: 24, height: 11, title: "Drift from the baseline", query: "dash_gate_drift", format: rows,
			empty: "No data because no project differs from the baseline, or none has a configuration that the baseline has",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "kind", title: "Kind"},
				configColumn,
				column{name: "item", title: "Item"},
				column{name: "field", title: "Field"},
				column{name: "effect", title: "Effect", words: driftColors},
				column{name: "baseline_value", title: "Baseline"},
				column{name: "value", title: "Here"},
				column{name: "since", title: "In this state since"},
			),
		},
	}}
}

func settingRow() row {
	return row{id: 530, title: "Configuration", panels: []panel{
		{
			id: 531, width: 24, height: 14, title: "Gate settings at the end of the time range", query: "dash_gate_settings", format: rows,
			empty: "No data because no gate had been seen by the end of this time range",
			view: tableView(
				column{name: "tenant", title: "Tenant"},
				column{name: "project", title: "Project"},
				column{name: "kind", title: "Kind"},
				configColumn,
				column{name: "item", title: "Item"},
				column{name: "field", title: "Field"},
				column{name: "value", title: "Value"},
				column{name: "since", title: "In this state since"},
			),
		},
	}}
}
