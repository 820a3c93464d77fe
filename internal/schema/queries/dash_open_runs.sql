-- Runs that are not over, by what they do, and the age of the oldest since its
-- start. A run that waits for an approval is paused; one that CodeArts has not
-- started yet is queued.
SELECT
    countIf(status NOT IN ('PAUSED', 'SUSPEND', 'QUEUED', 'INIT')) AS running,
    countIf(status IN ('QUEUED', 'INIT')) AS queued,
    countIf(status IN ('PAUSED', 'SUSPEND')) AS paused,
    dateDiff('second', min(started_at), {{dash_as_of}}) AS oldest_s
FROM open_runs_as_of(as_of = {{dash_as_of}})
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
