package report

// chapters is everything that a report holds, in its order: whether to read
// on, how we deliver, what to act on, and then what explains it. The queries
// are those of the dashboards (internal/schema/queries).
func chapters() []Chapter {
	return []Chapter{
		chapter("Can these numbers be believed?", trust()),
		chapter("How we deliver", deliveries()),
		chapter("What is broken now", broken()),
		chapter("Pipelines", pipelines()),
		chapter("Capacity", capacity()),
		chapter("Gates", gates()),
	}
}

// brief is what is asked first of a machine on which everything has just been
// stored.
func brief() []Chapter {
	return []Chapter{
		chapter("What is stored", []block{{Title: "Rows per kind", About: "What is known to exist now, and every change of it that was seen.", query: "summary_rows", form: table, none: "no event is stored yet", columns: []column{
			{name: "kind", Title: "Kind"}, {name: "entities", Title: "There now", unit: count}, {name: "events", Title: "Events", unit: count}}}}),
		chapter("Can these numbers be believed?", trust()),
		chapter("How we deliver", []block{fiveMetrics()}),
		chapter("What is broken now", []block{failedStages()}),
		chapter("Gates", []block{gateChanges(10)}),
	}
}

func chapter(title string, blocks []block) Chapter {
	c := Chapter{Title: title}
	for _, b := range blocks {
		c.Parts = append(c.Parts, Part{block: b})
	}
	return c
}

func atLeast(limit float64) func(float64) bool { return func(v float64) bool { return v >= limit } }
func below(limit float64) func(float64) bool   { return func(v float64) bool { return v < limit } }

// trust has the limits of the dashboards' first row (dashboards/trust.go).
func trust() []block {
	return []block{
		{Title: "Freshness", About: "a poller has never had a good round", query: "dash_trust_freshness", none: "nothing was polled yet", columns: []column{
			{name: "late", Title: "of its objective is the age of the most overdue poller", unit: ratio, bad: atLeast(1)}}},
		{Title: "Completeness", About: "the runs of a pipeline have not been read back to the first", query: "dash_trust_completeness", none: "no pipeline is stored yet", columns: []column{
			{name: "completeness", Title: "of the runs are stored", unit: ratio, bad: below(0.99)}, {name: "n", Title: "run numbers are known", unit: count}}},
		{Title: "Last message", query: "dash_trust_last_event", none: "nothing was polled yet", columns: []column{
			{name: "age_s", Title: "ago", unit: seconds, bad: atLeast(600)}}},
		{Title: "Budget of calls", About: "the collector does not say what its limits allow", query: "dash_trust_budget", none: "nothing was polled in the last hour", columns: []column{
			{name: "used", Title: "of what CodeArts allows was used in the last hour", unit: ratio, bad: atLeast(0.95)}}},
		{Title: "Poll errors", query: "dash_trust_errors", none: "nothing was polled in the last 24 hours", columns: []column{
			{name: "errors", Title: "in 24 hours", unit: count, bad: atLeast(100)}}},
		{Title: "Quarantine", query: "dash_quarantine_count", columns: []column{
			{name: "messages", Title: "messages could not be stored", unit: count, bad: atLeast(1)}}},
	}
}

func failedStages() block {
	return block{Title: "Failed stages", query: "dash_failed_stages", form: table, limit: 15, none: "no stage is red",
		About: "Stages that failed when they were last tried on their branch, those that have been red for longest first.",
		columns: []column{
			{name: "state", Title: "State"}, {name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "stage", Title: "Stage"},
			{name: "red_since", Title: "Red since", unit: moment}, {name: "red_for_s", Title: "For", unit: seconds},
			{name: "first_bad_commit", Title: "First bad commit", unit: commit}, {name: "failures", Title: "Failures", unit: count},
			{name: "executor", Title: "Last failed run by"}}}
}

func broken() []block {
	return []block{
		{Title: "Failed stages now", query: "dash_failed_count", columns: []column{{name: "stages", Title: "stages are red", unit: count, bad: atLeast(1)}}},
		{Title: "Began to fail in this time", query: "dash_stage_transition_counts", columns: []column{
			{name: "newly", Title: "stages began to fail", unit: count}, {name: "n", Title: "recovered", unit: count},
			{name: "p50", Title: "half of them within", unit: seconds, null: "no data"}, {name: "p90", Title: "nine of ten within", unit: seconds, null: "no data"}}},
		failedStages(),
		{Title: "Where runs fail", query: "dash_failed_pareto_stages", form: table, limit: 10, none: "no stage failed in this time",
			About: "The stages with the most failures, and which part of all failures they make up together.", columns: []column{
				{name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "stage", Title: "Stage"},
				{name: "failed", Title: "Failed", unit: count}, {name: "n", Title: "of n", unit: count}, {name: "fail_ratio", Title: "Share failed", unit: ratio},
				{name: "failed_s", Title: "Time lost", unit: seconds}, {name: "cumulated", Title: "Of all failures, cumulated", unit: ratio}}},
	}
}

func capacity() []block {
	const none = "no repository is stored yet"
	return []block{
		{Title: "Size of all repositories", query: "dash_repository_total", form: lines, label: "tenant", holds: true, none: none,
			About: "As CodeArts shows it; a size is known from the day on which it was first seen.", columns: []column{
				{name: "total_mb", Title: "total", unit: megabytes}}},
		{Title: "Tenants", query: "dash_repository_tenants", form: table, limit: 10, none: none,
			About: "Growth is unknown until repositories have been watched for that long.", columns: []column{
				{name: "tenant", Title: "Tenant"}, {name: "total_mb", Title: "Total", unit: megabytes}, {name: "repositories", Title: "Repositories", unit: count},
				{name: "growth_day_mb", Title: "Growth in a day", unit: megabytes}, {name: "growth_month_mb", Title: "in 30 days", unit: megabytes}}},
		{Title: "Repositories, the nearest to the limit first", query: "dash_repository_forecast", form: table, limit: 15, none: none,
			About: "CodeArts limits a repository to 30 GiB. Soonest and latest: when the trend may reach the limit, by how much it varies; unknown until it has been watched for 8 days.", columns: []column{
				{name: "project", Title: "Project"}, {name: "repository", Title: "Repository"}, {name: "size_mb", Title: "Size", unit: megabytes},
				{name: "used", Title: "Of the limit", unit: ratio}, {name: "growth_month_mb", Title: "In 30 days", unit: megabytes},
				{name: "per_day_mb", Title: "Trend per day", unit: megabytes}, {name: "days_left", Title: "Days to the limit", unit: days, null: "–"}, {name: "soonest", Title: "Soonest", unit: days, null: "–"},
				{name: "latest", Title: "Latest", unit: days, null: "–"}}},
		{Title: "Build accounts", query: "dash_build_tenants", form: table, limit: 10, none: "no build account is watched",
			About: "What CodeArts Build says of the package and the quota of each account.", columns: []column{
				{name: "account", Title: "Account"}, {name: "package", Title: "Package"}, {name: "free_quota", Title: "Free quota"}, {name: "thresholds", Title: "Thresholds"}}},
	}
}

func gateChanges(limit int) block {
	return block{Title: "Changes", query: "dash_gate_changes", form: table, limit: limit, none: "no gate changed in this time",
		About: "Who changed which setting of a gate, the newest first. Weakened: it lets more pass than before.", columns: []column{
			{name: "changed_at", Title: "When", unit: moment}, {name: "project", Title: "Project"}, {name: "config", Title: "Gate"}, {name: "item", Title: "Item"},
			{name: "field", Title: "Field"}, {name: "effect", Title: "Effect"}, {name: "before", Title: "Before"}, {name: "after", Title: "After"}, {name: "changed_by", Title: "By"}}}
}

func gates() []block {
	return []block{
		{Title: "Coverage", About: "CodeArts was not asked yet, or did not answer", query: "dash_gate_coverage_share", columns: []column{
			{name: "covered", Title: "of the projects have a gate", unit: ratio}, {name: "n", Title: "projects are known", unit: count}, {name: "unknown", Title: "are not", unit: count}}},
		{Title: "Drift from the tenant's configuration", query: "dash_gate_drift", form: table, limit: 15, none: "no project differs from the tenant's configuration, or none has one that the tenant has",
			About: "Projects whose gate is not set as the tenant's is.", columns: []column{
				{name: "project", Title: "Project"}, {name: "config", Title: "Gate"}, {name: "item", Title: "Item"}, {name: "field", Title: "Field"},
				{name: "baseline_value", Title: "Tenant"}, {name: "value", Title: "Project's"}, {name: "effect", Title: "Drift"}}},
		gateChanges(20),
	}
}
