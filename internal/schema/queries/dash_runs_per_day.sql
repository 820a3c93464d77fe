-- Runs per day (UTC) of their start, by status. A run that is retried changes
-- its status and keeps its day.
SELECT toStartOfDay(assumeNotNull(started_at), 'UTC') AS time, status, count() AS runs
FROM runs FINAL
WHERE $__timeFilter(started_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
GROUP BY time, status
ORDER BY time, status
