-- Deployment attempts that ended in success or failure within the time range.
-- A service is a pipeline; a name that several projects use is followed by its
-- project.
SELECT
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    if(uniqExact((d.tenant, d.project_id)) OVER (PARTITION BY d.service) > 1, concat(d.service, ' (', project, ')'), d.service) AS service,
    toStartOfDay(assumeNotNull(d.finished_at), 'UTC') AS day,
    d.finished_at AS finished_at,
    assumeNotNull(d.succeeded) AS succeeded
FROM deployments AS d
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
WHERE d.succeeded IS NOT NULL AND $__timeFilter(d.finished_at)
    AND $__conditionalAll(d.tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(d.project_id IN (${project:singlequote}), $project)
