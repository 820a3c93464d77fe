package report

import "artery/internal/schema"

// service names a service in a table: the project and the environment stand
// below it.
var service = column{name: "service", Title: "Service", notes: []note{{name: "project", says: "%s"}, {name: "environment", says: "%s"}}}

// fiveMetrics has a column for each metric, and below each value all that it
// takes to judge it: level, other percentiles, sample, what is still open, and
// the value of before.
func fiveMetrics() block {
	return block{Title: "The five DORA metrics, per service", query: "dash_dora_services", form: table, limit: 25,
		none: "no deployment rule selects a stage that ended; see deployments in the configuration, and artery rules preview",
		About: "How often a service is deployed, how long a commit takes to get there, which part of the deployments fails, how long it takes to mend one, and which part is rework. " +
			"Levels are those of the edition " + schema.Edition + ", explained below. n is the sample; of a few, or with a wide interval of 95 %, a number says little. Compare a service with itself first: before are the 90 days before.",
		columns: []column{
			service,
			{name: "per_day", Title: "Deployment frequency", unit: daily, notes: []note{
				{name: "per_day_level"}, {"deployments", "%s deployments", count}, {"per_day_before", "before: %s", daily}}},
			{name: "lead_p50", Title: "Change lead time, p50", unit: seconds, null: "no data", notes: []note{
				{name: "lead_level"}, {"lead_tier", "tier: %s", text}, {"lead_p75", "p75: %s", seconds}, {"lead_p90", "p90: %s", seconds}, {"lead_p95", "p95: %s", seconds}, {"changes", "n = %s changes", count}, {"lead_p50_before", "before: %s", seconds}}},
			{name: "fail_ratio", Title: "Change fail rate", unit: ratio, null: "no data", notes: []note{
				{name: "fail_level"}, {"fail_interval", "95 %%: %s", text}, {"mature", "n = %s judged", count}, {"pending", "%s pending", count}, {"fail_ratio_before", "before: %s", ratio}}},
			{name: "recovery_p50", Title: "Recovery time, p50", unit: seconds, null: "no data", notes: []note{
				{name: "recovery_level"}, {"recovery_p75", "p75: %s", seconds}, {"recovery_p90", "p90: %s", seconds}, {"recovery_p95", "p95: %s", seconds}, {"failures", "n = %s failed", count}, {"open_failures", "%s open", count}, {"recovery_p50_before", "before: %s", seconds}}},
			{name: "rework_ratio", Title: "Rework rate", unit: ratio, null: "no data", notes: []note{
				{"rework_interval", "95 %%: %s", text}, {"rework_ratio_before", "before: %s", ratio}}},
		}}
}

func deliveries() []block {
	const none = "no deployment ended in this time"
	return []block{
		fiveMetrics(),
		{Title: "Beside the metrics: pauses, attempts and recovery", query: "dash_dora_pauses", form: table, limit: 25, none: "no attempt of a stage that a deployment rule selects ended in this time",
			About: "The pause between deployments; attempts to deploy that failed, which reached no user, until the next one went through; and recovery once more: from the start of the incident, and to whatever mended anything first.",
			columns: []column{
				service,
				{name: "per_week", Title: "Deployments a week", unit: count}, {name: "active_share", Title: "Days with one", unit: ratio, notes: []note{{"active_days", "%s days", count}}},
				{name: "gap_p50", Title: "Pause p50", unit: seconds, null: "–", notes: []note{{"gap_p90", "p90: %s", seconds}}},
				{name: "attempt_fail_ratio", Title: "Attempts failed", unit: ratio, notes: []note{{"attempt_fail_interval", "95 %%: %s", text}, {"attempts", "n = %s", count}}},
				{name: "success_p50", Title: "Next success p50", unit: seconds, null: "–"}, {name: "oldest_open_s", Title: "Oldest open failure", unit: seconds, null: "–"},
				{name: "incident_recovery_p50", Title: "Recovery from incident p50", unit: seconds, null: "–"}, {name: "first_remedy_p50", Title: "First remedy p50", unit: seconds, null: "–"}}},
		{Title: "Deployments per day", query: "dash_deployments_per_day", form: bars, label: "service", none: none,
			About: "Deployments that succeeded, of the services with the most; the rest together.", columns: []column{
				{name: "deployments", Title: "deployments", unit: count}}},
		{Title: "Change lead time, by how well it is known", query: "dash_dora_lead_times", form: table, limit: 25, none: "no commit time is known of what was deployed in this time",
			About: "Tier A: all commits between two deployments are known. Tier B: only the commit that was deployed has a time, so the older ones that went with it are missing. First seen: no commit has a time; a commit is at least as old as its first run. It waits for a run from the commit, or that first run, to the start of the run that deployed it, and delivery is from there to the end of the deployment.",
			columns: []column{
				service, {name: "tier", Title: "Tier"}, {name: "n", Title: "n changes", unit: count}, {name: "p50", Title: "p50", unit: seconds},
				{name: "p75", Title: "p75", unit: seconds}, {name: "p90", Title: "p90", unit: seconds}, {name: "p95", Title: "p95", unit: seconds},
				{name: "wait_p50", Title: "Waits for a run p50", unit: seconds, null: "–"}, {name: "delivery_p50", Title: "Delivery p50", unit: seconds, null: "–"}}},
		{Title: "What lead times are made of", query: "dash_dora_tiers", columns: []column{
			{name: "a", Title: "changes of tier A", unit: count}, {name: "b", Title: "of tier B", unit: count}, {name: "c", Title: "deployments without a commit time (tier C)", unit: count},
			{name: "seen", Title: "of them since first seen", unit: count}, {name: "repeated", Title: "of them of a commit once more", unit: count},
			{name: "baseline", Title: "first deployments", unit: count}, {name: "older", Title: "went back to an older commit", unit: count},
			{name: "negative", Title: "committed after they were deployed", unit: count, bad: atLeast(1)}, {name: "no_time", Title: "without a time", unit: count},
			{name: "unsplit", Title: "whose run did not begin between commit and end", unit: count, bad: atLeast(1)}}},
		{Title: "Changes that wait for a deployment", query: "dash_dora_undeployed", form: table, limit: 15, none: "no commit is known that was made after what is deployed",
			About: "Commits that were made after the one that is deployed: the lead time does not know them yet.", columns: []column{
				service, {name: "n", Title: "Waiting", unit: count}, {name: "p50", Title: "Age p50", unit: seconds}, {name: "p90", Title: "p90", unit: seconds},
				{name: "oldest", Title: "Oldest", unit: seconds}, {name: "deployed_at", Title: "Last deployed", unit: moment}}},
		{Title: "Deployment attempts", query: "dash_services", form: table, limit: 25, none: none,
			About: "Whether the stage that deploys went through. That is not the change fail rate: a deployment that went through may have broken something.", columns: []column{
				{name: "project", Title: "Project"}, {name: "service", Title: "Service"}, {name: "deployments", Title: "Deployments", unit: count},
				{name: "failed", Title: "Failed attempts", unit: count}, {name: "n", Title: "of n", unit: count},
				{name: "success_ratio", Title: "Success of attempts", unit: ratio}, {name: "last_deployed_at", Title: "Last deployed", unit: moment, null: "never"}}},
		{Title: "What the levels mean", query: "dash_dora_bands", form: table, none: "no level is known of this edition",
			About: "Edition " + schema.Edition + ". The first level whose limit a value keeps is its level; of fewer than 10 there is none.", columns: []column{
				{name: "metric", Title: "Metric"}, {name: "band", Title: "Level"}, {name: "limit_text", Title: "Limit"}}},
	}
}

func pipelines() []block {
	const none = "no run ended in this time"
	return []block{
		{Title: "Runs per day by status", query: "dash_runs_per_day", form: bars, label: "status", none: "no run started in this time",
			About: "Runs by the day on which they started, and what has become of them.", columns: []column{
				{name: "runs", Title: "runs", unit: count}}},
		{Title: "Share of runs that completed", query: "dash_run_success_days", form: lines, none: none,
			About: "Of the runs that ended on a day, completed or failed, the share that completed.", columns: []column{
				{name: "success_ratio", Title: "completed", unit: ratio}}},
		{Title: "Run duration", query: "dash_run_duration", form: lines, none: none,
			About: "From start to end, with waits for approval: half of the runs of a day took at most p50, 95 of 100 at most p95.", columns: []column{
				{name: "p50", Title: "p50", unit: seconds}, {name: "p95", Title: "p95", unit: seconds}}},
		{Title: "Pipelines, the least successful first", query: "dash_pipeline_health", form: table, limit: 15, none: none,
			About: "The share of runs that completed, how long they took, and how long they waited before their first stage.", columns: []column{
				{name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "success_ratio", Title: "Completed", unit: ratio},
				{name: "n", Title: "of n", unit: count}, {name: "duration_p50", Title: "Duration p50", unit: seconds}, {name: "duration_p95", Title: "p95", unit: seconds},
				{name: "queue_p95", Title: "Queue p95", unit: seconds}, {name: "last_ended_at", Title: "Last run", unit: moment}}},
		{Title: "Silent pipelines", query: "dash_silent_pipelines", form: table, limit: 10, none: "every pipeline runs as often as it usually does, or has run too rarely to tell",
			About: "Pipelines that have not run for longer than they usually rest.", columns: []column{
				{name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "last_started_at", Title: "Last start", unit: moment},
				{name: "silent_s", Title: "Silent for", unit: seconds}, {name: "usual_s", Title: "Usual pause", unit: seconds}, {name: "times", Title: "Times", unit: factor}}},
		{Title: "Flaky stages", query: "dash_flaky_stages", form: table, limit: 10, none: "no stage failed and then passed with the same commit",
			About: "Stages that failed and then passed without a change of the code, and the time that the failures took.", columns: []column{
				{name: "project", Title: "Project"}, {name: "pipeline", Title: "Pipeline"}, {name: "stage", Title: "Stage"}, {name: "flaky", Title: "Flaky commits", unit: count},
				{name: "n", Title: "of n", unit: count}, {name: "failed_s", Title: "Time lost", unit: seconds}, {name: "last_flaky_at", Title: "Last", unit: moment}}},
	}
}
