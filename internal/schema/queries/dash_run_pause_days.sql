-- Approval wait per interval of the run's end: how long the run was seen as
-- PAUSED or SUSPEND, median and 95th percentile over the n runs that waited.
-- Runs that did not wait are left out, and so are those that were over when
-- they were first seen: nobody knows whether they waited.
WITH {{bucket_start}} AS bucket_start
SELECT
    bucket_start(r.ended_at) AS time,
    quantileExactInclusive(0.5)(w.paused_s) AS p50,
    quantileExactInclusive(0.95)(w.paused_s) AS p95,
    count() AS n
FROM {{dash_ended_runs}} AS r
INNER JOIN {{dash_run_waits}} AS w ON w.run = r.run
GROUP BY time
ORDER BY time
