-- Deployment attempts per interval and service: n ended, of which successful.
-- An interval without attempts has no row.
SELECT toDate(day) AS day, tenant, project, service, count() AS n, countIf(succeeded) AS deployments, countIf(NOT succeeded) AS failed, deployments / n AS success_ratio
FROM {{dash_ended_deployments}}
GROUP BY day, tenant, project, service
ORDER BY day DESC, failed DESC, service, project, tenant
LIMIT 1000
