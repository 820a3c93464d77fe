-- The five DORA metrics of each service. Deployment frequency: successful
-- deployments per day since the service is watched; without any it is unknown, not
-- zero, where runs may be missing. Change lead time: from commit to the end of the first
-- deployment that has it, over the raw set of all n changes with a commit time.
-- The tier says where the times are from. A: comparison of commits; B: only the
-- deployed commit has a time; first seen: none has one, and a commit is at least
-- as old as the first run of it, which has no level. Change fail rate: failed of all
-- n deployments that are old enough to be judged; younger ones are pending. Recovery
-- time: from the end of a failed deployment to its mending; open ones rank above all.
-- Rework rate: hotfixes and rollbacks of all deployments. In brackets: Wilson interval
-- of 95 %. Before: the same service in the 90 days before the range. The levels are a
-- ladder made from the clusters of the named edition; under n = 10 there is none, and
-- there is none for rework. Compare a service with itself first, not with others.
WITH
    (SELECT arraySort(b -> b.6, groupArray((metric, band, below, at_most, at_least, rank))) FROM dora_bands WHERE edition = ${edition:singlequote}) AS bands,
    arrayMap(m -> multiIf(m.2 IS NULL, 'no data', m.3 < 10, 'insufficient (n < 10)',
            arrayFirst(b -> b.1 = m.1 AND ifNull(m.2 < b.3, true) AND ifNull(m.2 <= b.4, true) AND ifNull(m.2 >= b.5, true), bands).2),
        [('deployment frequency', c.per_day, 10), ('lead time', c.lead_p50, c.changes), ('change fail rate', c.fail_ratio, c.mature), ('recovery time', c.recovery_p50, c.failures)]) AS levels,
    (low, high) -> if(low IS NULL, '', concat(toString(round(100 * low)), ' – ', toString(round(100 * high)), ' %')) AS between_text
SELECT
    c.tenant AS tenant,
    if(n.project = '', c.project_id, n.project) AS project,
    c.service AS service,
    c.environment AS environment,
    c.deployments AS deployments,
    c.per_day AS per_day, levels[1] AS per_day_level, c.per_day_before AS per_day_before,
    c.lead_p50 AS lead_p50, c.lead_p75 AS lead_p75, c.lead_p90 AS lead_p90, c.lead_p95 AS lead_p95, c.changes AS changes, c.lead_tier AS lead_tier,
    if(c.lead_tier = 'first seen', 'no level', levels[2]) AS lead_level, c.lead_p50_before AS lead_p50_before,
    c.fail_ratio AS fail_ratio, between_text(c.fail_low, c.fail_high) AS fail_interval, c.mature AS mature, c.pending AS pending,
    levels[3] AS fail_level, c.fail_ratio_before AS fail_ratio_before,
    c.recovery_p50 AS recovery_p50, c.recovery_p75 AS recovery_p75, c.recovery_p90 AS recovery_p90, c.recovery_p95 AS recovery_p95,
    c.failures AS failures, c.open_failures AS open_failures,
    if(c.recovery_p50 IS NULL AND c.open_failures > 0, 'not recovered', levels[4]) AS recovery_level, c.recovery_p50_before AS recovery_p50_before,
    c.rework_ratio AS rework_ratio, between_text(c.rework_low, c.rework_high) AS rework_interval, c.rework_ratio_before AS rework_ratio_before
FROM {{dash_dora_numbers}} AS c
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
ORDER BY deployments DESC, service, project, tenant, environment
LIMIT 500
