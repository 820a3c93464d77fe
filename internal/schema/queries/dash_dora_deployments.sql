-- Successful deployments of the time range with what they are judged by. Failed:
-- an incident is linked to it or followed within the attribution window, a
-- deployment within the rollback window went back to an older commit, or the
-- next one is marked as its remedy. Pending: the window is not over.
WITH {{run_page}} AS page
SELECT
    d.finished_at AS finished_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.run_number AS run_number,
    d.commit_id AS commit_id,
    d.executor_name AS executor,
    multiIf(d.failed, 'failed', d.mature, 'good', 'pending') AS verdict,
    arrayStringConcat(d.reasons, ', ') AS reasons,
    arrayStringConcat(d.evidence, ', ') AS evidence,
    d.recovery_s AS recovery_s,
    d.rework_reason AS rework,
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT *
    FROM {{dash_dora_deployments_judged}}
    ORDER BY finished_at DESC, tenant, project_id, service, run_number
    LIMIT 10000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id) AND u.detail_url != ''
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY finished_at DESC, tenant, project, service, run_number
