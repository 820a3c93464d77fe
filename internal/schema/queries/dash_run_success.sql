-- Runs that completed, of n that completed or failed in the time range, and how
-- long those n took: median and 95th percentile over all of them. A run that
-- failed and was retried with success counts once, as completed, and its
-- duration includes the pause before the retry.
SELECT
    if(n = 0, NULL, countIf(status = 'COMPLETED') / n) AS success_ratio,
    count() AS n,
    quantileExactInclusiveOrNull(0.5)(duration_s) AS p50,
    quantileExactInclusiveOrNull(0.95)(duration_s) AS p95
FROM {{dash_ended_runs}} AS r
