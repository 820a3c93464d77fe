-- Change lead time per service: median of all changes that the deployments of
-- the bucket brought first, with commit time (tiers A and B). Of a service without
-- any such change in the time range: median of how long before the deployment its
-- commits were first seen in a run, which is at most their lead time. A bucket
-- without changes has no point.
SELECT
    d.bucket_from AS time,
    concat(d.service,
        if(uniqExact((d.tenant, d.project_id)) OVER (PARTITION BY d.service) > 1, concat(' (', if(n.project = '', d.project_id, n.project), ')'), ''),
        if(uniqExact(d.environment) OVER (PARTITION BY d.tenant, d.project_id, d.service) > 1, concat(' to ', d.environment), ''),
        if(d.timed, '', ', first seen')) AS service,
    if(d.timed, d.lead_p50, d.seen_p50) AS lead_p50
FROM
(
    SELECT tenant, project_id, service, environment, bucket_from, lead_p50, seen_p50, max(changes > 0) OVER (PARTITION BY unit, project_id) AS timed
    FROM dora_lead_times(starts = {{dash_dora_starts}}, to_at = $__toTime, as_of = {{dash_as_of}})
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
LEFT JOIN {{dash_project_names}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY time, service
