-- Failed stages of the newest run of every pipeline, while that run is failed.
-- Red since: the end of the first failed attempt after the stage's last
-- success; first bad commit and run are those of that attempt. A stage is the
-- same one when position and name are the same.
WITH red AS
(
    SELECT *
    FROM failed_stages_now
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
)
SELECT
    red.tenant AS tenant,
    if(n.project = '', red.project_id, n.project) AS project,
    red.pipeline AS pipeline,
    red.stage AS stage,
    s.red_since AS red_since,
    dateDiff('second', s.red_since, now64(3)) AS red_for_s,
    s.first_bad.1 AS first_bad_run,
    s.first_bad.2 AS first_bad_commit,
    red.run_number AS run_number,
    red.commit_id AS commit_id,
    red.target_branch AS branch,
    red.executor_name AS executor,
    s.last_green_at AS last_green_at
FROM red
LEFT JOIN
(
    SELECT
        tenant, project_id, pipeline_id, position, name,
        max(green_at) AS last_green_at,
        minIf(ended_at, bad) AS red_since,
        argMinIf((run_number, commit_id), ended_at, bad) AS first_bad
    FROM
    (
        SELECT
            *,
            maxIf(ended_at, status = 'COMPLETED') OVER (PARTITION BY tenant, project_id, pipeline_id, position, name) AS green_at,
            status = 'FAILED' AND (green_at IS NULL OR ended_at > green_at) AS bad
        FROM stage_attempts FINAL
        WHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM red)
    )
    GROUP BY tenant, project_id, pipeline_id, position, name
) AS s ON s.tenant = red.tenant AND s.project_id = red.project_id AND s.pipeline_id = red.pipeline_id
    AND s.position = red.position AND s.name = red.stage
LEFT JOIN {{dash_projects}} AS n ON n.tenant = red.tenant AND n.project_id = red.project_id
ORDER BY red_since ASC NULLS FIRST, tenant, project, pipeline, stage
