-- Runs of the last days of which no rule of a rule set knows any stage, the
-- newest of each pipeline first, with the stages that they began.
SELECT
    n.tenant AS tenant,
    n.project AS project,
    n.pipeline AS pipeline,
    n.pipeline_id AS pipeline_id,
    max(a.run_number) AS number,
    a.run_id AS run,
    min(a.started_at) AS first_stage_at,
    arraySort(groupUniqArray(a.name)) AS stages
FROM
(
    SELECT *
    FROM stage_attempts FINAL
    WHERE started_at >= now64(3) - toIntervalDay({days:UInt32})
        AND (tenant, project_id, pipeline_id, run_id) NOT IN
        (
            SELECT tenant, project_id, pipeline_id, run_id
            FROM deployment_attempt_rules(rules = {rules:String}, run = '')
        )
) AS a
INNER JOIN pipeline_names(need_groups = false) AS n ON n.tenant = a.tenant AND n.project_id = a.project_id AND n.pipeline_id = a.pipeline_id
GROUP BY n.tenant, n.project, n.pipeline, n.pipeline_id, run
ORDER BY tenant, project, pipeline, pipeline_id, first_stage_at DESC, run
