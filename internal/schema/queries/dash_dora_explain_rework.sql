-- Deployment rework rate, row by row: deployments of the time range that nobody
-- planned, because they are marked as a hotfix or rollback or as linked to a bug,
-- or went back to an older commit within the rollback window.
WITH {{run_page}} AS page
SELECT
    d.finished_at AS finished_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.run_number AS run_number,
    d.commit_id AS commit_id,
    d.prev_commit AS prev_commit,
    d.rework_reason AS reason,
    d.rule AS rule,
    d.rule_version AS rule_version,
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT *
    FROM {{dash_dora_deployments_judged}}
    WHERE rework
    ORDER BY finished_at DESC, tenant, project_id, service, run_number
    LIMIT 10000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id) AND u.detail_url != ''
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY finished_at DESC, tenant, project, service, run_number
