-- Change lead time per service and tier. A: every commit between two
-- deployments, by the comparison of CodeArts Repo. B: the deployed commit
-- alone, without the older ones of the same deployment: it was not compared with the
-- one before (another pipeline or stage had deployed that), or not all of the answer is
-- known. First seen: no commit has a time; from the first run of the deployed one, of
-- whatever pipeline of its repository, to the end of the deployment. It is older than
-- that.
-- Percentiles over the raw set of all n changes; p50 of few changes says little.
SELECT
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    if(d.lead_s IS NULL, 'first seen', d.tier) AS tier,
    count() AS n,
    quantileExactInclusive(0.5)(ifNull(d.lead_s, d.seen_s)) AS p50,
    quantileExactInclusive(0.75)(ifNull(d.lead_s, d.seen_s)) AS p75,
    quantileExactInclusive(0.9)(ifNull(d.lead_s, d.seen_s)) AS p90,
    quantileExactInclusive(0.95)(ifNull(d.lead_s, d.seen_s)) AS p95
FROM {{dash_dora_changes_shipped}} AS d
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
WHERE d.lead_s IS NOT NULL OR d.seen_s IS NOT NULL
GROUP BY tenant, project, service, environment, tier
ORDER BY n DESC, service, tier, project, tenant, environment
LIMIT 500
