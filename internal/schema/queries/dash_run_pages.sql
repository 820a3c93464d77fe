-- The pages of runs in CodeArts, where CodeArts says them (detail_url), of runs
-- that were not over when the time range began. Read without FINAL: every
-- version of a run says the same. A query joins them from the left (RIGHT ANY
-- JOIN): of millions of runs those few stay in memory that it has rows of.
SELECT tenant, project_id, pipeline_id, run_id, detail_url
FROM runs
WHERE detail_url != '' AND (runs.ended_at IS NULL OR runs.ended_at >= $__fromTime)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
