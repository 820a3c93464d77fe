-- Runs that completed or failed in the time range, with their wait in the queue
-- (queue_s): from the start of the run to the start of its first stage, NULL if
-- one of them is not known. run and line as in dash_ended_runs.
SELECT
    tenant,
    project_id,
    pipeline_id,
    run,
    line,
    status,
    ended_at,
    duration_ms / 1000 AS duration_s,
    if(started_at IS NULL OR first_started_at IS NULL, NULL, greatest(dateDiff('millisecond', started_at, first_started_at), 0) / 1000) AS queue_s
FROM run_starts_ended_since(since = $__fromTime)
WHERE status IN ('COMPLETED', 'FAILED') AND $__timeFilter(ended_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(line IN {{dash_service_lines}}, $service)
    AND $__conditionalAll(line IN {{dash_service_lines}}, $environment)
