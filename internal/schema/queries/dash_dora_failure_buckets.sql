-- The ratios of failure of each service and bucket of the time range. The name
-- of a service says its project or environment where it would mean several.
SELECT
    d.bucket_from AS time,
    concat(d.service,
        if(uniqExact((d.tenant, d.project_id)) OVER (PARTITION BY d.service) > 1, concat(' (', if(n.project = '', d.project_id, n.project), ')'), ''),
        if(uniqExact(d.environment) OVER (PARTITION BY d.tenant, d.project_id, d.service) > 1, concat(' to ', d.environment), '')) AS service,
    d.fail_ratio AS fail_ratio,
    d.recovery_p50 AS recovery_p50,
    d.rework_ratio AS rework_ratio
FROM
(
    SELECT *
    FROM dora_tallies(starts = {{dash_dora_starts}}, to_at = $__toTime, as_of = {{dash_as_of}}, zone = (SELECT zone FROM deployment_rules_in_force))
    WHERE deployments > 0
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
LEFT JOIN {{dash_project_names}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
