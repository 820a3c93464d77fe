-- Runs that completed or failed in the time range. run and line are one number
-- for a run and for its pipeline, quicker to compare than texts.
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    run,
    line,
    status,
    started_at,
    ended_at,
    duration_ms / 1000 AS duration_s
FROM runs_ended_since(since = $__fromTime)
WHERE status IN ('COMPLETED', 'FAILED') AND $__timeFilter(ended_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(line IN {{dash_service_lines}}, $service)
    AND $__conditionalAll(line IN {{dash_service_lines}}, $environment)
