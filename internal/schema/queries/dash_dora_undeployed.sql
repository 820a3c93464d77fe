-- Changes that wait for a deployment at the end of the time range, per service:
-- commits that were seen and made after the commit that is deployed. Without
-- these the lead time knows only what has arrived. Of whatever branch; commits
-- that nobody deployed or compared may not have been seen.
SELECT
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    count() AS n,
    quantileExactInclusive(0.5)(d.age_s) AS p50,
    quantileExactInclusive(0.9)(d.age_s) AS p90,
    max(d.age_s) AS oldest,
    max(d.deployed_at) AS deployed_at
FROM {{dash_dora_changes_waiting}} AS d
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
GROUP BY tenant, project, service, environment
ORDER BY oldest DESC, service, project, tenant, environment
LIMIT 500
