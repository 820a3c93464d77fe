-- From start to end of the runs that completed or failed, per interval of
-- their end: median and 95th percentile over all n runs of it. Waiting
-- for an approval and the pause before a retry are part of it.
WITH {{bucket_start}} AS bucket_start
SELECT
    bucket_start(ended_at) AS time,
    quantileExactInclusive(0.5)(assumeNotNull(duration_s)) AS p50,
    quantileExactInclusive(0.95)(assumeNotNull(duration_s)) AS p95,
    count() AS n
FROM {{dash_ended_runs}} AS r
WHERE duration_s IS NOT NULL
GROUP BY time
ORDER BY time
