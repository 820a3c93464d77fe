-- Stages that are red, as the table of failed stages has them. Service and
-- environment are those of the deployment rule that holds for the last failed
-- attempt. The first bad run's failed step, its message, the end of its log and the
-- run's page say why; settled says that they are known, or that three minutes have
-- not made them known. The configuration says which environments are production
-- (alerts.production, and that of the first entry of alerts.limits that gives it and
-- holds).
WITH {{run_page}} AS page, {{alert_red_episodes}} AS reds,
    arrayMap(red -> (red.1, red.2, red.3, red.8), reds) AS named
SELECT
    e.tenant AS tenant,
    e.project_id AS project_id,
    if(n.project = '', e.project_id, n.project) AS project,
    e.pipeline_id AS pipeline_id,
    e.pipeline AS pipeline,
    e.stage AS stage,
    e.branch AS branch,
    d.service AS service,
    d.environment AS environment,
    e.run_id AS run_id,
    ifNull(toString(e.run_number), '') AS first_bad_run,
    e.commit_id AS first_bad_commit,
    e.executor AS executor,
    s.step AS step,
    s.message AS message,
    s.log AS log,
    page(r.detail_url, e.tenant, e.project_id, e.pipeline_id, e.run_id) AS url,
    e.failures AS failures,
    dateDiff('second', e.red_since, now64(3)) AS red_for_s,
    s.run_id != '' AND s.log_state != 'pending' OR red_for_s > 180 AS settled,
    has(arrayFirst(p -> p.1 IN ('', tenant) AND match(project, p.2), (SELECT production FROM settings_in_force)).3, environment) AS is_production
FROM
(
    SELECT red.1 AS tenant, red.2 AS project_id, red.3 AS pipeline_id, red.4 AS branch, red.5 AS position, red.6 AS stage,
        red.7 AS red_since, red.8 AS run_id, red.9 AS run_number, red.10 AS commit_id, red.11 AS executor, red.12 AS failures, red.13 AS last_run_id, red.14 AS last_position, red.15 AS pipeline
    FROM (SELECT arrayJoin(reds) AS red)
) AS e
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, position, stage, any(deployments.service) AS service, any(deployments.environment) AS environment
    FROM deployments
    WHERE NOT succeeded AND finished_at > now() - INTERVAL 30 DAY AND start_month IN (SELECT start_month FROM deployment_months WHERE finished_at > now() - INTERVAL 30 DAY)
        AND run_id IN (SELECT arrayJoin(reds).13)
    GROUP BY tenant, project_id, pipeline_id, run_id, position, stage
) AS d ON d.tenant = e.tenant AND d.project_id = e.project_id AND d.pipeline_id = e.pipeline_id
    AND d.run_id = e.last_run_id AND d.position = e.last_position AND d.stage = e.stage
LEFT JOIN {{first_failed_steps}} AS s ON s.tenant = e.tenant AND s.project_id = e.project_id AND s.pipeline_id = e.pipeline_id AND s.run_id = e.run_id AND s.stage_position = e.position
LEFT ANY JOIN {{dash_named_run_pages}} AS r ON r.run = cityHash64(e.tenant, e.project_id, e.pipeline_id, e.run_id)
LEFT JOIN {{dash_projects}} AS n ON n.tenant = e.tenant AND n.project_id = e.project_id
