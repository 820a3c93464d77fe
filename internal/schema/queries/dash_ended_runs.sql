-- Runs that completed or failed in the time range. run is one number for a run,
-- quicker to join by than its four texts.
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    cityHash64(tenant, project_id, pipeline_id, run_id) AS run,
    status,
    started_at,
    assumeNotNull(runs.ended_at) AS ended_at,
    duration_ms / 1000 AS duration_s
FROM runs FINAL
WHERE status IN ('COMPLETED', 'FAILED') AND $__timeFilter(runs.ended_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
