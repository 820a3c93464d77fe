-- Change lead time per service: median of all changes that the deployments of
-- the bucket brought first, with commit time (tiers A and B). A bucket without
-- changes has no point.
SELECT
    d.bucket_from AS time,
    concat(d.service,
        if(uniqExact((d.tenant, d.project_id)) OVER (PARTITION BY d.service) > 1, concat(' (', if(n.project = '', d.project_id, n.project), ')'), ''),
        if(uniqExact(d.environment) OVER (PARTITION BY d.tenant, d.project_id, d.service) > 1, concat(' to ', d.environment), '')) AS service,
    d.lead_p50 AS lead_p50
FROM
(
    SELECT *
    FROM dora_lead_times(starts = {{dash_dora_starts}}, to_at = $__toTime, as_of = {{dash_as_of}})
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
LEFT JOIN {{dash_project_names}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY time, service
