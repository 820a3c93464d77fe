-- Incidents of the time range, each with the one deployment that it speaks
-- against, or the reason why there is none: it is then in no change fail rate.
-- One that names a run alone has a line for each deployment of that run.
WITH {{run_page}} AS page
SELECT
    d.started_at AS started_at,
    d.resolved_at AS resolved_at,
    d.tenant AS tenant,
    d.incident_id AS incident_id,
    d.title AS title,
    d.source AS source,
    d.severity AS severity,
    d.service AS service,
    d.environment AS environment,
    if(d.how = '', 'no deployment', d.how) AS match,
    d.run_id AS run_id,
    if(d.how = '', NULL, d.deployed_at) AS deployed_at,
    d.reason AS reason,
    if(d.how = '', '', page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id)) AS url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT *
    FROM dora_incidents(since = $__fromTime, as_of = {{dash_as_of}})
    WHERE started_at < $__toTime
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
    ORDER BY started_at DESC, tenant, incident_id
    LIMIT 10000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id) AND u.detail_url != ''
ORDER BY started_at DESC, tenant, incident_id
