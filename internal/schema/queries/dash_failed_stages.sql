-- Failed stages of the newest run of every pipeline, while that run is failed.
-- Red since: the end of the first failed attempt after the stage's last
-- success on the same branch; first bad commit and run are those of that
-- attempt. Newly failing: that attempt is the only one so far. A stage is the
-- same one when branch, position and name are the same. The last success is
-- looked for in the last two weeks; of a stage that has none there, everything
-- is read.
WITH {{run_page}} AS page, {{dash_as_of}} AS moment,
(
    SELECT groupArray((cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage),
        CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), CAST(target_branch, 'String'), position, CAST(stage, 'String'),
        CAST(pipeline, 'String'), run_id, run_number, CAST(commit_id, 'String'), CAST(executor_name, 'String')))
    FROM failed_stages_as_of(as_of = {{dash_as_of}})
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS failed,
red AS
(
    SELECT f.1 AS life, f.2 AS tenant, f.3 AS project_id, f.4 AS pipeline_id, f.5 AS target_branch, f.6 AS position, f.7 AS stage,
        f.8 AS pipeline, f.9 AS run_id, f.10 AS run_number, f.11 AS commit_id, f.12 AS executor
    FROM (SELECT arrayJoin(failed) AS f)
),
recent AS
(
    SELECT
        life,
        maxIf((ended_at, started_at), status != 'FAILED') AS last_green,
        arraySort(arrayFilter(a -> (a.1, a.2) >= last_green, groupArrayIf((ended_at, started_at, run_id, start_text, run_number, commit_id), status = 'FAILED'))) AS tries
    FROM attempts_by_day FINAL
    PREWHERE life IN (SELECT life FROM red)
    WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > moment - INTERVAL 14 DAY AND ended_at <= moment
    GROUP BY life
    HAVING countIf(status != 'FAILED') > 0
)
SELECT
    red.tenant AS tenant,
    if(n.project = '', red.project_id, n.project) AS project,
    red.pipeline AS pipeline,
    red.stage AS stage,
    multiIf(e.red_since IS NULL, 'unknown', e.failures = 1, 'newly failing', 'still failing') AS state,
    e.red_since AS red_since,
    dateDiff('second', e.red_since, moment) AS red_for_s,
    e.first_run_number AS first_bad_run,
    e.first_commit_id AS first_bad_commit,
    if(e.red_since IS NULL, NULL, e.failures) AS failures,
    red.run_number AS run_number,
    red.commit_id AS commit_id,
    red.target_branch AS branch,
    red.executor AS executor,
    e.last_green_at AS last_green_at,
    page(u.detail_url, red.project_id, red.pipeline_id, red.run_id) AS url,
    if(e.red_since IS NULL, '', page(f.detail_url, red.project_id, red.pipeline_id, e.first_run_id)) AS first_url
FROM red
LEFT JOIN
(
    SELECT life, tries[1].1 AS red_since, tries[1].3 AS first_run_id, tries[1].5 AS first_run_number, tries[1].6 AS first_commit_id, length(tries) AS failures, last_green.1 AS last_green_at
    FROM recent
    WHERE notEmpty(tries)
    UNION ALL
    SELECT cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage), toNullable(red_since), first_run_id, first_run_number, first_commit_id, failures, last_green_at
    FROM red_episodes_as_of(as_of = {{dash_as_of}})
    WHERE green_at IS NULL AND (tenant, project_id, pipeline_id, target_branch, position, stage) IN
    (
        SELECT tenant, project_id, pipeline_id, target_branch, position, stage
        FROM red
        WHERE life NOT IN (SELECT life FROM recent)
    )
) AS e ON e.life = red.life
LEFT ANY JOIN {{dash_failed_run_pages}} AS u ON u.tenant = red.tenant AND u.project_id = red.project_id AND u.pipeline_id = red.pipeline_id AND u.run_id = red.run_id
LEFT ANY JOIN {{dash_failed_run_pages}} AS f ON f.tenant = red.tenant AND f.project_id = red.project_id AND f.pipeline_id = red.pipeline_id AND f.run_id = e.first_run_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = red.tenant AND n.project_id = red.project_id
ORDER BY red_since ASC NULLS FIRST, tenant, project, pipeline, stage
