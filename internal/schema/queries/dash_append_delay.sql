-- From the moment at which a round was handed over to the moment at which the
-- log had it on disk, over all n poll records: the collector's way, without
-- the loader's.
WITH quantilesExactInclusive(0.5, 0.95)(delay_s) AS percentiles
SELECT
    $__timeInterval(stored_at) AS time,
    percentiles[1] AS p50,
    percentiles[2] AS p95,
    count() AS n
FROM
(
    SELECT stored_at, dateDiff('millisecond', observed_at, stored_at) / 1000 AS delay_s
    FROM {{dash_polls}} AS polls
    WHERE $__timeFilter(stored_at)
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
)
GROUP BY time
ORDER BY time
