-- The failed steps of the stages that are red now, with what CodeArts says of
-- each: its message, else that of its job. A stage without a step here has
-- none that failed, or its run's details have not been fetched yet.
SELECT
    f.tenant AS tenant,
    if(n.project = '', f.project_id, n.project) AS project,
    f.pipeline AS pipeline,
    f.run_number AS run_number,
    f.stage AS stage,
    s.job AS job,
    s.step AS step,
    s.message AS message,
    f.ended_at AS ended_at
FROM
(
    SELECT *
    FROM failed_stages_now
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS f
LEFT JOIN
(
    SELECT
        s.tenant AS tenant,
        s.project_id AS project_id,
        s.pipeline_id AS pipeline_id,
        s.run_id AS run_id,
        s.stage_position AS stage_position,
        s.job_name AS job,
        if(s.name = '', s.task, s.name) AS step,
        if(s.message = '', j.message, s.message) AS message
    FROM (SELECT * FROM steps FINAL WHERE status IN ('FAILED', 'ASYNC_FAILED')) AS s
    LEFT JOIN (SELECT tenant, project_id, pipeline_id, run_id, job_id, message FROM jobs FINAL) AS j
        ON j.tenant = s.tenant AND j.project_id = s.project_id AND j.pipeline_id = s.pipeline_id AND j.run_id = s.run_id AND j.job_id = s.job_id
) AS s ON s.tenant = f.tenant AND s.project_id = f.project_id AND s.pipeline_id = f.pipeline_id AND s.run_id = f.run_id AND s.stage_position = f.position
LEFT JOIN {{dash_projects}} AS n ON n.tenant = f.tenant AND n.project_id = f.project_id
ORDER BY f.ended_at DESC, tenant, project, pipeline, f.position, job, step
LIMIT 200
