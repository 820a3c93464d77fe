-- From start to end of the runs that completed or failed, per day (UTC) of
-- their end: median and 95th percentile over all n runs of the day. Waiting
-- for an approval and the pause before a retry are part of it.
SELECT
    toStartOfDay(ended_at, 'UTC') AS time,
    quantileExactInclusive(0.5)(assumeNotNull(duration_s)) AS p50,
    quantileExactInclusive(0.95)(assumeNotNull(duration_s)) AS p95,
    count() AS n
FROM {{dash_ended_runs}} AS r
WHERE duration_s IS NOT NULL
GROUP BY time
ORDER BY time
