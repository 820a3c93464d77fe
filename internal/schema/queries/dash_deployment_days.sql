-- Deployment attempts per day (UTC) and service: n ended, of which successful.
-- A day without attempts has no row.
SELECT day, tenant, project, service, count() AS n, countIf(succeeded) AS deployments, countIf(NOT succeeded) AS failed, deployments / n AS success_ratio
FROM {{dash_ended_deployments}}
GROUP BY day, tenant, project, service
ORDER BY day DESC, failed DESC, service, project, tenant
LIMIT 1000
