-- Queue wait per day (UTC) of the run's end: from the start of the run to the
-- start of its first stage, median and 95th percentile over the n runs whose
-- both times CodeArts gives.
SELECT
    toStartOfDay(r.ended_at, 'UTC') AS time,
    quantileExactInclusive(0.5)(queue_s) AS p50,
    quantileExactInclusive(0.95)(queue_s) AS p95,
    count() AS n
FROM
(
    SELECT r.ended_at, greatest(dateDiff('millisecond', assumeNotNull(r.started_at), assumeNotNull(a.first_started_at)), 0) / 1000 AS queue_s
    FROM {{dash_ended_runs}} AS r
    INNER JOIN {{dash_run_starts}} AS a ON a.run = r.run
    WHERE r.started_at IS NOT NULL AND a.first_started_at IS NOT NULL
) AS r
GROUP BY time
ORDER BY time
