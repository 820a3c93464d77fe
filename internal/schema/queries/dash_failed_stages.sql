-- Failed stages of the newest run of every pipeline, while that run is failed.
-- Red since: the end of the first failed attempt after the stage's last
-- success on the same branch; first bad commit and run are those of that
-- attempt. Newly failing: that attempt is the only one so far. A stage is the
-- same one when branch, position and name are the same.
WITH {{run_page}} AS page, red AS
(
    SELECT *
    FROM failed_stages_as_of(as_of = {{dash_as_of}})
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
)
SELECT
    red.tenant AS tenant,
    if(n.project = '', red.project_id, n.project) AS project,
    red.pipeline AS pipeline,
    red.stage AS stage,
    multiIf(e.red_since IS NULL, 'unknown', e.failures = 1, 'newly failing', 'still failing') AS state,
    e.red_since AS red_since,
    dateDiff('second', e.red_since, {{dash_as_of}}) AS red_for_s,
    e.first_run_number AS first_bad_run,
    e.first_commit_id AS first_bad_commit,
    if(e.red_since IS NULL, NULL, e.failures) AS failures,
    red.run_number AS run_number,
    red.commit_id AS commit_id,
    red.target_branch AS branch,
    red.executor_name AS executor,
    e.last_green_at AS last_green_at,
    page(u.detail_url, red.project_id, red.pipeline_id, red.run_id) AS url,
    if(e.red_since IS NULL, '', page(f.detail_url, red.project_id, red.pipeline_id, e.first_run_id)) AS first_url
FROM red
LEFT JOIN
(
    SELECT * REPLACE toNullable(red_since) AS red_since
    FROM red_episodes_as_of(as_of = {{dash_as_of}})
    WHERE green_at IS NULL AND (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM red)
) AS e ON e.tenant = red.tenant AND e.project_id = red.project_id AND e.pipeline_id = red.pipeline_id
    AND e.target_branch = red.target_branch AND e.position = red.position AND e.stage = red.stage
LEFT ANY JOIN {{dash_failed_run_pages}} AS u ON u.tenant = red.tenant AND u.project_id = red.project_id AND u.pipeline_id = red.pipeline_id AND u.run_id = red.run_id
LEFT ANY JOIN {{dash_failed_run_pages}} AS f ON f.tenant = red.tenant AND f.project_id = red.project_id AND f.pipeline_id = red.pipeline_id AND f.run_id = e.first_run_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = red.tenant AND n.project_id = red.project_id
ORDER BY red_since ASC NULLS FIRST, tenant, project, pipeline, stage
