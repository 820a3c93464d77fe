package report

// chapters is everything that a report holds, in its order. The queries are
// those of the dashboards (internal/schema/queries).
func chapters() []Chapter {
	parts := func(blocks ...block) (p []Part) {
		for _, b := range blocks {
			p = append(p, Part{block: b})
		}
		return p
	}
	return []Chapter{
		{"Can these numbers be believed?", parts(trust()...)},
		{"What is broken now", parts(broken()...)},
		{"Deliveries", parts(deliveries()...)},
		{"Pipelines", parts(pipelines()...)},
		{"Capacity", parts(capacity()...)},
		{"Gates", parts(gates()...)},
	}
}

func trust() []block {
	return []block{
		{Title: "Freshness", query: "dash_trust_freshness", none: "nothing was polled yet", columns: []column{
			{name: "late", Title: "most overdue poller, of its objective", unit: ratio}}},
		{Title: "Completeness", query: "dash_trust_completeness", none: "no pipeline is stored yet", columns: []column{
			{name: "completeness", Title: "run numbers stored", unit: ratio}, {name: "n", Title: "of n", unit: count}}},
		{Title: "Last message", query: "dash_trust_last_event", none: "nothing was polled yet", columns: []column{
			{name: "age_s", Title: "ago", unit: seconds}}},
		{Title: "Poll errors", query: "dash_trust_errors", none: "nothing was polled in the last 24 hours", columns: []column{
			{name: "errors", Title: "in 24 hours", unit: count}}},
		{Title: "Quarantine", query: "dash_quarantine_count", columns: []column{
			{name: "messages", Title: "messages that could not be stored", unit: count}}},
	}
}

func broken() []block {
	return []block{
		{Title: "Failed stages", query: "dash_failed_stages", form: table, limit: 15, none: "the newest run of no pipeline has a failed stage", columns: []column{
			{name: "state", Title: "State"}, {name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "stage", Title: "Stage"},
			{name: "red_since", Title: "Red since", unit: moment}, {name: "red_for_s", Title: "For", unit: seconds},
			{name: "first_bad_commit", Title: "First bad commit", unit: commit}, {name: "failures", Title: "Failures", unit: count},
			{name: "executor", Title: "Last run by"}}},
		{Title: "Stages that began to fail, and their recovery", query: "dash_stage_transition_counts", columns: []column{
			{name: "newly", Title: "began to fail", unit: count}, {name: "n", Title: "recovered", unit: count},
			{name: "p50", Title: "half of them within", unit: seconds}, {name: "p90", Title: "nine of ten within", unit: seconds}}},
		{Title: "Failures by stage", query: "dash_failed_pareto_stages", form: table, limit: 10, none: "no stage failed in this time", columns: []column{
			{name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "stage", Title: "Stage"},
			{name: "failed", Title: "Failed", unit: count}, {name: "n", Title: "of n", unit: count}, {name: "fail_ratio", Title: "Share failed", unit: ratio},
			{name: "failed_s", Title: "Time lost", unit: seconds}, {name: "cumulated", Title: "Of all failures, cumulated", unit: ratio}}},
	}
}

func deliveries() []block {
	const none = "no deployment ended in this time"
	return []block{
		{Title: "The five DORA metrics, per service", query: "dash_dora_services", form: table, limit: 25, none: "no deployment rule selects a stage that ended", columns: []column{
			{name: "project", Title: "Project"}, {name: "service", Title: "Service"}, {name: "environment", Title: "Environment"},
			{name: "deployments", Title: "Deployments", unit: count}, {name: "per_day", Title: "a day", unit: count},
			{name: "lead_p50", Title: "Lead time p50", unit: seconds, null: "no data"}, {name: "changes", Title: "n", unit: count},
			{name: "fail_ratio", Title: "Change fail rate", unit: ratio, null: "no data"}, {name: "fail_interval", Title: "95 %"}, {name: "mature", Title: "n", unit: count},
			{name: "recovery_p50", Title: "Recovery p50", unit: seconds, null: "no data"}, {name: "failures", Title: "n", unit: count},
			{name: "rework_ratio", Title: "Rework rate", unit: ratio, null: "no data"}, {name: "rework_interval", Title: "95 %"}}},
		{Title: "Deployments per day", query: "dash_deployments_per_day", form: bars, label: "service", none: none, columns: []column{
			{name: "deployments", Title: "deployments", unit: count}}},
		{Title: "Deployment attempts", query: "dash_services", form: table, limit: 25, none: none, columns: []column{
			{name: "project", Title: "Project"}, {name: "service", Title: "Service"}, {name: "deployments", Title: "Deployments", unit: count},
			{name: "failed", Title: "Failed attempts", unit: count}, {name: "n", Title: "of n", unit: count},
			{name: "success_ratio", Title: "Success of attempts", unit: ratio}, {name: "last_deployed_at", Title: "Last deployed", unit: moment, null: "never"}}},
	}
}

func pipelines() []block {
	const none = "no run ended in this time"
	return []block{
		{Title: "Runs per day by status", query: "dash_runs_per_day", form: bars, label: "status", none: "no run started in this time", columns: []column{
			{name: "runs", Title: "runs", unit: count}}},
		{Title: "Share of runs that completed", query: "dash_run_success_days", form: lines, none: none, columns: []column{
			{name: "success_ratio", Title: "completed", unit: ratio}}},
		{Title: "Run duration", query: "dash_run_duration", form: lines, none: none, columns: []column{
			{name: "p50", Title: "p50", unit: seconds}, {name: "p95", Title: "p95", unit: seconds}}},
		{Title: "Pipelines, the least successful first", query: "dash_pipeline_health", form: table, limit: 15, none: none, columns: []column{
			{name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "success_ratio", Title: "Completed", unit: ratio},
			{name: "n", Title: "of n", unit: count}, {name: "duration_p50", Title: "Duration p50", unit: seconds}, {name: "duration_p95", Title: "p95", unit: seconds},
			{name: "queue_p95", Title: "Queue p95", unit: seconds}, {name: "last_ended_at", Title: "Last run", unit: moment}}},
		{Title: "Silent pipelines", query: "dash_silent_pipelines", form: table, limit: 10, none: "every pipeline runs as often as it usually does, or has run too rarely to tell", columns: []column{
			{name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "last_started_at", Title: "Last start", unit: moment},
			{name: "silent_s", Title: "Silent for", unit: seconds}, {name: "usual_s", Title: "Usual pause", unit: seconds}, {name: "times", Title: "Times", unit: factor}}},
		{Title: "Flaky stages", query: "dash_flaky_stages", form: table, limit: 10, none: "no stage failed and then passed with the same commit", columns: []column{
			{name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "stage", Title: "Stage"}, {name: "flaky", Title: "Flaky commits", unit: count},
			{name: "n", Title: "of n", unit: count}, {name: "failed_s", Title: "Time lost", unit: seconds}, {name: "last_flaky_at", Title: "Last", unit: moment}}},
	}
}

func capacity() []block {
	const none = "no repository is stored yet"
	return []block{
		{Title: "Size of all repositories", query: "dash_repository_total", form: lines, label: "tenant", holds: true, none: none, columns: []column{
			{name: "total_mb", Title: "total", unit: megabytes}}},
		{Title: "Tenants", query: "dash_repository_tenants", form: table, limit: 10, none: none, columns: []column{
			{name: "tenant", Title: "Tenant"}, {name: "total_mb", Title: "Total", unit: megabytes}, {name: "repositories", Title: "Repositories", unit: count},
			{name: "growth_day_mb", Title: "Growth in a day", unit: megabytes}, {name: "growth_month_mb", Title: "in 30 days", unit: megabytes}}},
		{Title: "Repositories, the nearest to the limit first", query: "dash_repository_forecast", form: table, limit: 15, none: none, columns: []column{
			{name: "project", Title: "Project"}, {name: "repository", Title: "Repository"}, {name: "size_mb", Title: "Size", unit: megabytes},
			{name: "used", Title: "Of the limit", unit: ratio}, {name: "growth_month_mb", Title: "In 30 days", unit: megabytes},
			{name: "per_day_mb", Title: "Trend per day", unit: megabytes}, {name: "days_left", Title: "Days to the limit", unit: days, null: "–"}, {name: "soonest", Title: "Soonest", unit: days, null: "–"},
			{name: "latest", Title: "Latest", unit: days, null: "–"}}},
		{Title: "Build accounts", query: "dash_build_tenants", form: table, limit: 10, none: "no build account is watched", columns: []column{
			{name: "account", Title: "Account"}, {name: "package", Title: "Package"}, {name: "free_quota", Title: "Free quota"}, {name: "thresholds", Title: "Thresholds"}}},
	}
}

func gates() []block {
	return []block{
		{Title: "Coverage", query: "dash_gate_coverage_share", columns: []column{
			{name: "covered", Title: "of the projects have a gate", unit: ratio}, {name: "n", Title: "of n", unit: count}, {name: "unknown", Title: "not known", unit: count}}},
		{Title: "Drift from the tenant's configuration", query: "dash_gate_drift", form: table, limit: 15, none: "no project differs from the tenant's configuration, or none has one that the tenant has", columns: []column{
			{name: "project", Title: "Project"}, {name: "config", Title: "Gate"}, {name: "item", Title: "Item"}, {name: "field", Title: "Field"},
			{name: "baseline_value", Title: "Tenant"}, {name: "value", Title: "Project's"}, {name: "effect", Title: "Drift"}}},
		{Title: "Changes", query: "dash_gate_changes", form: table, limit: 20, none: "no gate changed in this time", columns: []column{
			{name: "changed_at", Title: "When", unit: moment}, {name: "project", Title: "Project"}, {name: "config", Title: "Gate"}, {name: "item", Title: "Item"},
			{name: "field", Title: "Field"}, {name: "effect", Title: "Effect"}, {name: "before", Title: "Before"}, {name: "after", Title: "After"}, {name: "changed_by", Title: "By"}}},
	}
}
