-- Runs per interval of their start, by status. A run that is retried changes
-- its status and keeps its interval.
WITH {{bucket_start}} AS bucket_start
SELECT bucket_start(assumeNotNull(started_at)) AS time, status, count() AS runs
FROM runs FINAL
WHERE $__timeFilter(started_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
GROUP BY time, status
ORDER BY time, status
