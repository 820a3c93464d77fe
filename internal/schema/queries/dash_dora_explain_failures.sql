-- Change fail rate, row by row: every deployment of the time range that failed or
-- is still pending, with the reason and its evidence. Only those that are old
-- enough to be judged are in the rate; a failed one that is not is in the
-- recovery time already.
WITH {{run_page}} AS page
SELECT
    d.finished_at AS finished_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.run_number AS run_number,
    d.run_id AS run_id,
    d.commit_id AS commit_id,
    if(d.failed, 'failed', 'not yet') AS verdict,
    if(d.mature, 'counted', 'pending') AS counted,
    arrayStringConcat(d.reasons, ', ') AS reasons,
    arrayStringConcat(d.evidence, ', ') AS evidence,
    d.rule AS rule,
    d.rule_version AS rule_version,
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT *
    FROM {{dash_dora_deployments_judged}}
    WHERE failed OR NOT mature
    ORDER BY finished_at DESC, tenant, project_id, service, run_number
    LIMIT 10000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id) AND u.detail_url != ''
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY finished_at DESC, tenant, project, service, run_number
