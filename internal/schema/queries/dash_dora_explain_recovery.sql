-- Failed deployment recovery time, row by row: from the end of the failed
-- deployment to the end of its last incident, or without incidents to the end of
-- the deployment that mended it; of one that was mended before it ended it is 0, as
-- nothing was left to recover from. Beside it: from the start of the first
-- incident, and to whatever mended anything first. An open one has an age, and
-- ranks above all others.
WITH {{run_page}} AS page
SELECT
    d.finished_at AS finished_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.run_number AS run_number,
    arrayStringConcat(d.evidence, ', ') AS evidence,
    d.recovered_at AS recovered_at,
    d.recovery_s AS recovery_s,
    d.incident_recovery_s AS incident_recovery_s,
    d.remedy_s AS remedy_s,
    d.open_s AS open_s,
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT *
    FROM {{dash_dora_deployments_judged}}
    WHERE failed
    ORDER BY open_s DESC NULLS LAST, finished_at DESC, tenant, project_id, service, run_number
    LIMIT 10000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id) AND u.detail_url != ''
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY open_s DESC NULLS LAST, finished_at DESC, tenant, project, service, run_number
