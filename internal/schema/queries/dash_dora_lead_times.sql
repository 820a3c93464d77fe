-- Change lead time per service and tier. A: every commit between two
-- deployments, by the comparison of CodeArts Repo. B: the deployed commit
-- alone, without the older ones of the same deployment: it was not compared with the
-- one before (another pipeline or stage had deployed that), or not all of the answer is
-- known. First seen: no commit has a time; from the first run of the deployed one, of
-- whatever pipeline of its repository, to the end of the deployment. It is older than
-- that.
-- Percentiles over the raw set of all n changes; p50 of few changes says little. Two
-- parts: waits for a run, from the commit, or its first run, to the start of the run that
-- deployed it, and delivery, from there to the end of the deployment, with waiting,
-- approvals and retries. Each has a median of its own, so they do not add up to p50.
-- When a change was merged is not known. Of a change whose run began before the commit,
-- or after the end, clocks differ: its lead time counts, and its parts do not.
WITH quantilesExactInclusive(0.5, 0.75, 0.9, 0.95)(assumeNotNull(ifNull(d.lead_s, d.seen_s))) AS p
SELECT
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    if(d.lead_s IS NULL, 'first seen', d.tier) AS tier,
    count() AS n,
    p[1] AS p50, p[2] AS p75, p[3] AS p90, p[4] AS p95,
    quantileExactInclusiveIf(0.5)(d.wait_s, d.split) AS wait_p50,
    quantileExactInclusiveIf(0.5)(d.delivery_s, d.split) AS delivery_p50
FROM {{dash_dora_changes_shipped}} AS d
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
WHERE d.lead_s IS NOT NULL OR d.seen_s IS NOT NULL
GROUP BY tenant, project, service, environment, tier
ORDER BY n DESC, service, tier, project, tenant, environment
LIMIT 500
