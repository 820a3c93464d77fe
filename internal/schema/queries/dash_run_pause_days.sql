-- Approval wait per day (UTC) of the run's end: how long the run was seen as
-- PAUSED or SUSPEND, median and 95th percentile over the n runs that waited.
-- Runs that did not wait are left out, and so are those that were over when
-- they were first seen: nobody knows whether they waited.
SELECT
    toStartOfDay(ended_at, 'UTC') AS time,
    quantileExactInclusive(0.5)(assumeNotNull(paused_s)) AS p50,
    quantileExactInclusive(0.95)(assumeNotNull(paused_s)) AS p95,
    count() AS n
FROM {{dash_ended_runs}}
WHERE paused_s > 0
GROUP BY time
ORDER BY time
