-- The stage attempts of a run, and what a rule set makes of them.
SELECT
    a.position AS position,
    a.name AS stage,
    a.status AS status,
    a.started_at AS started_at,
    a.ended_at AS ended_at,
    if(d.rule = '', '-', d.rule) AS rule,
    multiIf(d.rule = '', 'no rule knows it', d.ignored, 'no deployment', concat('deploys ', d.service, ' to ', d.environment)) AS verdict,
    m.marker AS marker
FROM (SELECT * FROM stage_attempts FINAL WHERE run_id = {run:String}) AS a
LEFT JOIN
(
    SELECT * FROM deployment_attempt_rules(rules = {rules:String}, run = {run:String}) WHERE decides
) AS d USING (tenant, project_id, pipeline_id, run_id, position, name, start_text)
LEFT JOIN deployments_by(rules = {rules:String}, run = {run:String}) AS m
    ON m.tenant = a.tenant AND m.project_id = a.project_id AND m.pipeline_id = a.pipeline_id AND m.run_id = a.run_id
    AND m.position = a.position AND m.stage = a.name AND m.start_text = a.start_text
ORDER BY a.position, a.started_at
