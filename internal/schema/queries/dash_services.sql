-- Deployment attempts per service in the time range: n ended, of which
-- successful, and the last success. A service without attempts has no row.
SELECT
    tenant, project, service, count() AS n, countIf(succeeded) AS deployments, countIf(NOT succeeded) AS failed,
    deployments / n AS success_ratio, maxIf(finished_at, succeeded) AS last_deployed_at
FROM {{dash_ended_deployments}}
GROUP BY tenant, project, service
ORDER BY success_ratio, n DESC, service, project, tenant
