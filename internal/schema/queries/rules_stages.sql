-- Stages of every pipeline that ran in the last days, and what a rule set makes
-- of their attempts; number is 0 for those that no rule selects. A stage whose
-- rule asks for a branch or a tag may have attempts of both.
SELECT
    n.tenant AS tenant,
    n.project AS project,
    n.pipeline AS pipeline,
    n.pipeline_id AS pipeline_id,
    min(a.position) AS place,
    a.name AS stage,
    d.rule_number AS number,
    d.rule AS rule,
    if(d.ignored, 'no deployment', concat(d.service, ' to ', d.environment)) AS deploys,
    count() AS n,
    countIf(a.status = 'COMPLETED') AS succeeded,
    countIf(a.status = 'FAILED') AS failed
FROM
(
    SELECT *
    FROM stage_attempts FINAL
    WHERE started_at >= now64(3) - toIntervalDay({days:UInt32})
) AS a
LEFT JOIN
(
    SELECT *
    FROM deployment_attempt_rules(rules = {rules:String}, run = '')
    WHERE decides
) AS d USING (tenant, project_id, pipeline_id, run_id, position, name, start_text)
INNER JOIN pipeline_names(need_groups = false) AS n ON n.tenant = a.tenant AND n.project_id = a.project_id AND n.pipeline_id = a.pipeline_id
GROUP BY n.tenant, n.project_id, n.project, n.pipeline_id, n.pipeline, stage, number, rule, deploys
ORDER BY tenant, project, pipeline, pipeline_id, place, stage, number, deploys
