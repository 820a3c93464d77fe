package main

import "github.com/grafana/grafana-foundation-sdk/go/units"

const doraExplainedUID = "artery-dora-explained"

// doraExplained answers: which rows is each number of the DORA dashboard made
// of, and by which rule?
func doraExplained() page {
	return page{
		uid: doraExplainedUID, title: "Artery / DORA explained",
		description: "The rows behind each number of the DORA dashboard: attempts, changes, failed deployments, remedies and incidents, with reason and rule",
		from:        "now-90d/d", refresh: "5m",
		filters: serviceFilters, choices: doraChoices, inputs: []input{codearts},
		rows: []row{trust(), throughputRow(), instabilityRow(), definitionRow(), restatedRow()},
	}
}

// behind is a table of the rows behind a number.
func behind(id uint32, title, query, empty string, columns ...column) panel {
	return panel{id: id, width: 24, height: 11, title: title, query: query, format: rows, empty: empty, view: tableView(columns...)}
}

var (
	ruleColumn    = column{name: "rule", title: "Rule"}
	versionColumn = column{name: "rule_version", title: "Rule version"}
	reasonColumn  = column{name: "reasons", title: "Why"}
	proofColumn   = column{name: "evidence", title: "Evidence"}
	commitColumn  = column{name: "commit_id", title: "Commit"}
	runColumn     = column{name: "run_id", title: "Run id", opens: "url"}
)

func throughputRow() row {
	return row{id: 660, title: "Throughput", panels: []panel{
		behind(661, "Deployment frequency: attempts", "dash_dora_explain_attempts", "No data because no attempt of a stage that a deployment rule selects ended in this time range",
			append(deploymentColumns(), pipelineColumn, column{name: "stage", title: "Stage"}, runColumn,
				column{name: "status", title: "Status", words: statusColors}, column{name: "counted", title: "Counts as", words: countedColors}, ruleColumn, versionColumn)...),
		behind(662, "Change lead time: changes", "dash_dora_explain_changes", noDeployment,
			append(deploymentColumns(), commitColumn, column{name: "title", title: "Title"}, column{name: "author", title: "Author"},
				column{name: "committed_at", title: "Committed, or first seen"}, column{name: "seconds", title: "Lead time", unit: units.Seconds, null: "unknown"},
				column{name: "wait_s", title: "Waits for a run", unit: units.Seconds, null: "unknown"}, column{name: "delivery_s", title: "Delivery", unit: units.Seconds, null: "unknown"},
				column{name: "tier", title: "Tier"}, column{name: "state", title: "State", words: countedColors}, ruleColumn)...),
		behind(663, "Changes that wait for a deployment", "dash_dora_explain_undeployed", "No data because no commit was seen that is newer than what is deployed",
			column{name: "committed_at", title: "Committed"}, column{name: "tenant", title: "Tenant"}, column{name: "project", title: "Project"},
			column{name: "service", title: "Service"}, column{name: "environment", title: "Environment"}, commitColumn,
			column{name: "title", title: "Title"}, column{name: "author", title: "Author"}, column{name: "age_s", title: "Waits for", unit: units.Seconds},
			column{name: "deployed_commit", title: "Deployed now"}, column{name: "deployed_at", title: "since"}),
		behind(664, "Recovery time: failed deployments", "dash_dora_explain_recovery", "No data because no deployment of this time range is known to have failed",
			append(deploymentColumns(), proofColumn, column{name: "recovered_at", title: "Recovered", null: "open"},
				column{name: "recovery_s", title: "Recovery time", unit: units.Seconds, null: "open"},
				column{name: "incident_recovery_s", title: "from the incident", unit: units.Seconds, null: "–"},
				column{name: "remedy_s", title: "to the first remedy", unit: units.Seconds, null: "–"},
				column{name: "open_s", title: "Open for", unit: units.Seconds, null: "–"})...),
	}}
}

func instabilityRow() row {
	return row{id: 670, title: "Instability", panels: []panel{
		behind(671, "Change fail rate: failed and pending deployments", "dash_dora_explain_failures", "No data because every deployment of this time range was judged, and none failed",
			append(deploymentColumns(), runColumn, commitColumn, column{name: "verdict", title: "Verdict", words: verdictColors},
				column{name: "counted", title: "In the rate", words: countedColors}, reasonColumn, proofColumn, ruleColumn, versionColumn)...),
		behind(672, "Rework rate: hotfixes, rollbacks and bugs", "dash_dora_explain_rework", "No data because no deployment of this time range is a hotfix or a rollback or linked to a bug",
			append(deploymentColumns(), commitColumn, column{name: "prev_commit", title: "Replaced"}, column{name: "reason", title: "Why"}, ruleColumn, versionColumn)...),
		behind(673, "Incidents", "dash_dora_explain_incidents", "No data because no incident was reported in this time range; see `incidents` in the configuration",
			column{name: "started_at", title: "Began"}, column{name: "resolved_at", title: "Ended", null: "open"}, column{name: "tenant", title: "Tenant"},
			column{name: "incident_id", title: "Id"}, column{name: "title", title: "Title"}, column{name: "source", title: "Source"}, column{name: "severity", title: "Severity"},
			column{name: "service", title: "Service"}, column{name: "environment", title: "Environment"}, column{name: "match", title: "Against a deployment", words: countedColors},
			runColumn, column{name: "deployed_at", title: "Deployed", null: "–"}, column{name: "reason", title: "Why none"}),
	}}
}

func definitionRow() row {
	return row{id: 680, title: "Definitions", panels: []panel{
		behind(681, "Deployment rules in force", "dash_dora_rules", "No data because the deployment rules could not be read",
			column{name: "rule_number", title: "No.", unit: units.NoUnit}, ruleColumn, column{name: "effect", title: "Selects a"},
			column{name: "service", title: "Service"}, column{name: "environment", title: "Environment"}, column{name: "project", title: "Project"},
			column{name: "pipeline", title: "Pipeline"}, column{name: "stage", title: "Stage"}, column{name: "branch", title: "Branch"}, column{name: "tag", title: "Tag"},
			column{name: "attribution_s", title: "Attribution window", unit: units.Seconds}, column{name: "rollback_s", title: "Rollback window", unit: units.Seconds},
			column{name: "zone", title: "Zone"}, column{name: "version", title: "Version"}, column{name: "source", title: "Source"}, column{name: "activated_at", title: "In force since"}),
		behind(682, "Benchmark levels", "dash_dora_bands", "No data because the edition is unknown",
			column{name: "edition", title: "Edition"}, column{name: "metric", title: "Metric"}, column{name: "band", title: "Level", words: levelColors}, column{name: "limit_text", title: "Limit"}),
	}}
}

func restatedRow() row {
	return row{id: 690, title: "Restated", panels: []panel{
		behind(691, "Daily figures that changed after they were published", "dash_restatements", "No data because no published figure was restated in this time range; of a service whose runs are not completely known none is published",
			column{name: "restated_at", title: "Restated"}, column{name: "tenant", title: "Tenant"}, column{name: "project", title: "Project"},
			column{name: "service", title: "Service"}, column{name: "environment", title: "Environment"}, column{name: "day", title: "Day", unit: "time:YYYY-MM-DD"},
			column{name: "metric", title: "Metric"}, column{name: "before", title: "Before, of n"},
			column{name: "published_before", title: "Published"}, column{name: "now", title: "Now, of n"},
			column{name: "reason", title: "Because of"}, column{name: "evidence", title: "What"}, versionColumn),
	}}
}
