-- Stages that are red, as the table of failed stages has them, under what stays as it
-- is for as long as they are, unless something is renamed, other deployment rules
-- hold, or an earlier failure comes to light. Service and environment are those of the
-- deployment rule that holds for the last failed attempt. The configuration says which
-- environments are production (alerts.production, and that of the first entry of
-- alerts.limits that gives it and holds).
WITH {{alert_red_episodes}} AS reds
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
    e.position AS position,
    e.run_number AS run_number,
    e.commit_id AS commit_id,
    e.executor AS executor,
    e.failures AS failures,
    dateDiff('second', e.red_since, now64(3)) AS red_for_s,
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
LEFT JOIN {{dash_projects}} AS n ON n.tenant = e.tenant AND n.project_id = e.project_id
