-- Per service, the 30 days before now: attempts that ended (n), successful
-- ones per day, and the share of successes. A service without any ended
-- attempt in the window has no row.
SELECT
    tenant,
    project_id,
    service,
    count() AS n,
    countIf(succeeded) AS succeeded_count,
    succeeded_count / 30 AS per_day,
    succeeded_count / n AS success_ratio,
    max(finished_at) AS last_finished_at
FROM deployments
WHERE (tenant = {tenant:String} OR {tenant:String} = '')
    AND succeeded IS NOT NULL
    AND finished_at >= now64(3) - INTERVAL 30 DAY
GROUP BY tenant, project_id, service
ORDER BY tenant, project_id, service
