-- Share of runs that completed, per day (UTC) of their end, of n that completed
-- or failed. A day without runs has no share.
SELECT toStartOfDay(ended_at, 'UTC') AS time, countIf(status = 'COMPLETED') / n AS success_ratio, count() AS n
FROM {{dash_ended_runs}}
GROUP BY time
ORDER BY time
