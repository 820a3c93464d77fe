-- The DORA numbers of each service in the time range, as of its end or of now,
-- and those of the 90 days before it: what dora_numbers gives, with one view
-- less around it, for each one around another is planned twice. Lead times are of
-- changes with a commit time (tier A or B); where there is none, of commits since
-- they were first seen.
SELECT *
FROM
(
    SELECT
        tenant, project_id, f.service AS service, f.environment AS environment, bucket_from,
        if(f.deployments = 0 AND NOT complete, NULL, f.deployments) AS deployments, per_day,
        multiIf(changes_a > 0 AND changes_b > 0, 'A and B', changes_a > 0, 'A', changes_b > 0, 'B', changes_seen > 0, 'first seen', '') AS lead_tier,
        if(lead_tier = 'first seen', changes_seen, c.changes) AS changes,
        if(lead_tier = 'first seen', seen_p50, c.lead_p50) AS lead_p50,
        if(lead_tier = 'first seen', seen_p75, c.lead_p75) AS lead_p75,
        if(lead_tier = 'first seen', seen_p90, c.lead_p90) AS lead_p90,
        if(lead_tier = 'first seen', seen_p95, c.lead_p95) AS lead_p95,
        fail_ratio, fail_low, fail_high, mature, pending,
        recovery_p50, recovery_p75, recovery_p90, recovery_p95, failures, open_failures, rework_ratio, rework_low, rework_high,
        lagInFrame(per_day) OVER past AS per_day_before,
        if(lead_tier = 'first seen', lagInFrame(seen_p50) OVER past, lagInFrame(c.lead_p50) OVER past) AS lead_p50_before,
        lagInFrame(fail_ratio) OVER past AS fail_ratio_before,
        lagInFrame(recovery_p50) OVER past AS recovery_p50_before,
        lagInFrame(rework_ratio) OVER past AS rework_ratio_before
    FROM dora_frequency(starts = {{dash_dora_before}}, to_at = $__toTime, as_of = {{dash_as_of}}, zone = (SELECT zone FROM deployment_rules_in_force)) AS f
    LEFT JOIN dora_lead_times(starts = {{dash_dora_before}}, to_at = $__toTime, as_of = {{dash_as_of}}) AS c
        USING (unit, tenant, project_id, bucket_from)
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
    WINDOW past AS (PARTITION BY unit, tenant, project_id ORDER BY bucket_from ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE bucket_from >= $__fromTime
