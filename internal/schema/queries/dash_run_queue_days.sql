-- Queue wait per interval of the run's end: from the start of the run to the
-- start of its first stage, median and 95th percentile over the n runs whose
-- both times CodeArts gives.
WITH {{bucket_start}} AS bucket_start
SELECT
    bucket_start(ended_at) AS time,
    quantileExactInclusive(0.5)(assumeNotNull(queue_s)) AS p50,
    quantileExactInclusive(0.95)(assumeNotNull(queue_s)) AS p95,
    count() AS n
FROM {{dash_queued_runs}} AS r
WHERE queue_s IS NOT NULL
GROUP BY time
ORDER BY time
