-- The DORA numbers of each service in the time range, as of its end or of now,
-- and those of the 90 days before it: what dora_numbers gives, with one view
-- less around it, for each one around another is planned twice.
SELECT *
FROM
(
    SELECT
        tenant, project_id, f.service AS service, f.environment AS environment, bucket_from,
        deployments, per_day, lead_p50, lead_p90, changes, fail_ratio, fail_low, fail_high, mature, pending,
        recovery_p50, failures, open_failures, rework_ratio, rework_low, rework_high,
        lagInFrame(per_day) OVER past AS per_day_before,
        lagInFrame(lead_p50) OVER past AS lead_p50_before,
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
