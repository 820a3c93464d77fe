-- Deployment attempts that ended in success or failure within the time range.
-- The deployment rules say which stages deploy which service; without rules a
-- service is a pipeline. A name that several projects use is followed by its
-- project, a service with several environments by the environment.
WITH {{bucket_start}} AS bucket_start
SELECT
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    concat(d.service,
        if(uniqExact((d.tenant, d.project_id)) OVER (PARTITION BY d.service) > 1, concat(' (', project, ')'), ''),
        if(uniqExact(d.environment) OVER (PARTITION BY d.tenant, d.project_id, d.service) > 1, concat(' to ', d.environment), '')) AS service,
    bucket_start(d.at) AS day,
    d.at AS finished_at,
    d.succeeded AS succeeded
FROM dora_rows(since = $__fromTime, as_of = $__toTime) AS d
LEFT JOIN {{dash_project_names}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
WHERE $__conditionalAll(d.tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(d.project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(d.service IN (${service:singlequote}), $service)
    AND $__conditionalAll(d.environment IN (${environment:singlequote}), $environment)
