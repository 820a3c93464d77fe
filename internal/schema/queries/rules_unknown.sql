-- Runs of the last days of which no rule of a rule set knows any stage, by
-- pipeline: how many, and the stages that they ran.
SELECT
    n.project AS project,
    n.pipeline AS pipeline,
    uniqExact(a.run_id) AS runs,
    max(a.run_number) AS last_run,
    arrayStringConcat(arraySort(groupUniqArray(20)(a.name)), ', ') AS stages
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
GROUP BY a.tenant, n.project, n.pipeline
ORDER BY runs DESC, project, pipeline
