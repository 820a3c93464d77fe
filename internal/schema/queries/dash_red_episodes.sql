-- Every time that a stage was red, by project and pipeline: from the end of the
-- first failed attempt to the end of the success that ended it. A stage is the
-- same one when branch, position and name are the same.
SELECT
    e.tenant AS tenant,
    if(n.project = '', e.project_id, n.project) AS project,
    if(p.pipeline = '', e.pipeline_id, p.pipeline) AS pipeline,
    e.stage AS stage,
    e.target_branch AS branch,
    e.red_since AS red_since,
    e.green_at AS green_at,
    e.red_s AS red_s,
    e.failures AS failures,
    e.first_run_number AS first_bad_run,
    e.first_commit_id AS first_bad_commit,
    e.first_executor_name AS first_executor,
    e.green_run_number AS green_run,
    e.green_commit_id AS green_commit,
    e.last_green_at AS last_green_at,
    e.project_id AS project_id,
    e.pipeline_id AS pipeline_id,
    e.first_run_id AS first_bad_run_id,
    e.green_run_id AS green_run_id
FROM
(
    SELECT *
    FROM red_episodes
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS e
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = e.tenant AND p.project_id = e.project_id AND p.pipeline_id = e.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = e.tenant AND n.project_id = e.project_id
