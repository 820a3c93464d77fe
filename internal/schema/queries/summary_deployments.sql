-- Per service and environment, the 30 days before now: attempts that ended (n), successful
-- ones per day, and the share of successes. A service without any ended
-- attempt in the window has no row.
SELECT
    d.tenant AS tenant,
    any(p.project) AS project,
    d.service AS service,
    d.environment AS environment,
    count() AS n,
    countIf(d.succeeded) AS succeeded_count,
    succeeded_count / 30 AS per_day,
    succeeded_count / n AS success_ratio,
    max(d.finished_at) AS last_finished_at
FROM deployments AS d
INNER JOIN projects AS p ON p.tenant = d.tenant AND p.project_id = d.project_id
WHERE (d.tenant = {tenant:String} OR {tenant:String} = '')
    AND d.succeeded IS NOT NULL
    AND d.finished_at >= now64(3) - INTERVAL 30 DAY
    AND d.start_month IN (SELECT start_month FROM deployment_months WHERE finished_at >= now64(3) - INTERVAL 30 DAY)
GROUP BY d.tenant, d.project_id, d.service, d.environment
ORDER BY tenant, project, service, environment
