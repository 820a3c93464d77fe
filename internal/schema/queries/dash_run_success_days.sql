-- Share of runs that completed, per interval of their end, of n that completed
-- or failed. An interval without runs has no share.
WITH {{bucket_start}} AS bucket_start
SELECT bucket_start(ended_at) AS time, countIf(status = 'COMPLETED') / n AS success_ratio, count() AS n
FROM {{dash_ended_runs}}
GROUP BY time
ORDER BY time
