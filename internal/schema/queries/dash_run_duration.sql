-- From start to end of the runs that completed or failed, per day (UTC) of
-- their end: median and 95th percentile over all n runs of the day. Waiting
-- for an approval and the pause before a retry are part of it.
SELECT
    toStartOfDay(assumeNotNull(ended_at), 'UTC') AS time,
    quantileExactInclusive(0.5)(duration_ms / 1000) AS p50,
    quantileExactInclusive(0.95)(duration_ms / 1000) AS p95,
    count() AS n
FROM runs FINAL
WHERE $__timeFilter(ended_at) AND status IN ('COMPLETED', 'FAILED') AND duration_ms IS NOT NULL
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
GROUP BY time
ORDER BY time
