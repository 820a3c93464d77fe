-- Share of deployment attempts that succeeded, per interval, of all n attempts
-- that ended in it. An interval without attempts has no share. This counts red
-- deployment stages; it is not the change fail rate.
SELECT day AS time, countIf(succeeded) / n AS success_ratio, count() AS n
FROM {{dash_ended_deployments}}
GROUP BY time
ORDER BY time
