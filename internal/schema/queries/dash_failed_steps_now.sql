-- The failed steps of the stages that are red now, with what CodeArts says of
-- each (its message, else that of its job) and the last 10 lines of its log, or
-- in brackets why there is none. A stage without a step here has none that
-- failed, or its run's details have not been fetched yet.
WITH {{run_page}} AS page
SELECT
    f.tenant AS tenant,
    if(n.project = '', f.project_id, n.project) AS project,
    f.pipeline AS pipeline,
    f.run_number AS run_number,
    f.stage AS stage,
    s.job AS job,
    s.step AS step,
    s.message AS message,
    multiIf(s.log IS NOT NULL, arrayStringConcat(arraySlice(splitByChar('\n', assumeNotNull(s.log)), -10), '\n'), s.log_state = '', '', concat('(', s.log_state, ')')) AS log_end,
    f.ended_at AS ended_at,
    page(u.detail_url, f.project_id, f.pipeline_id, f.run_id) AS url
FROM
(
    SELECT *
    FROM failed_stages_as_of(as_of = {{dash_as_of}})
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS f
LEFT JOIN
(
    SELECT *
    FROM failed_steps
    WHERE (tenant, project_id, pipeline_id, run_id) IN
    (
        SELECT tenant, project_id, pipeline_id, run_id
        FROM failed_stages_now
        WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    )
) AS s ON s.tenant = f.tenant AND s.project_id = f.project_id AND s.pipeline_id = f.pipeline_id AND s.run_id = f.run_id AND s.stage_position = f.position
LEFT ANY JOIN {{dash_failed_run_pages}} AS u ON u.tenant = f.tenant AND u.project_id = f.project_id AND u.pipeline_id = f.pipeline_id AND u.run_id = f.run_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = f.tenant AND n.project_id = f.project_id
ORDER BY f.ended_at DESC, tenant, project, pipeline, f.position, job, step
LIMIT 200
