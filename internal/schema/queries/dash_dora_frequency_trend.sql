-- Deployment frequency per service: successful deployments of the bucket by
-- its days. A bucket without deployments is 0 only where no run number is missing
-- that may still be found and the pipelines were listed since; else there is no
-- point. Numbers that CodeArts was asked for and does not have are no loss.
SELECT
    d.bucket_from AS time,
    concat(d.service,
        if(uniqExact((d.tenant, d.project_id)) OVER (PARTITION BY d.service) > 1, concat(' (', if(n.project = '', d.project_id, n.project), ')'), ''),
        if(uniqExact(d.environment) OVER (PARTITION BY d.tenant, d.project_id, d.service) > 1, concat(' to ', d.environment), '')) AS service,
    d.per_day AS per_day
FROM
(
    SELECT *
    FROM dora_frequency(starts = {{dash_dora_starts}}, to_at = $__toTime, as_of = {{dash_as_of}}, zone = (SELECT zone FROM deployment_rules_in_force))
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
LEFT JOIN {{dash_project_names}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY time, service
