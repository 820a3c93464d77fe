-- Production stages that began to fail, until they are green again; the
-- configuration says which environments of the deployment rules are production
-- (alerts.production, and that of the first entry of alerts.limits that gives it
-- and holds). A stage is told once its failed step, its message and the end of its
-- log are known, or after three minutes. The value counts the failed attempts.
WITH arrayMap(red -> (red.1, red.2, red.3, red.8), {{alert_red_episodes}}) AS named
SELECT
    e.tenant AS tenant, e.project_id AS project_id, e.project AS project, e.service AS service, e.environment AS environment,
    e.pipeline_id AS pipeline_id, e.pipeline AS pipeline, e.stage AS stage, e.branch AS branch, e.run_id AS run_id, toString(e.position) AS position,
    e.failures AS value
FROM {{alert_red_stages}} AS e
LEFT JOIN {{first_failed_steps}} AS s ON s.tenant = e.tenant AND s.project_id = e.project_id AND s.pipeline_id = e.pipeline_id AND s.run_id = e.run_id AND s.stage_position = e.position
WHERE e.is_production AND (s.run_id != '' AND s.log_state != 'pending' OR e.red_for_s > 180)
