-- Failed stages of the newest run of every pipeline, while that run is failed.
-- Red since: the end of the first failed attempt after the stage's last
-- success on the same branch; first bad commit and run are those of that
-- attempt. Newly failing: that attempt is the only one so far; unknown: its end
-- is not known, or not judged yet, which takes seconds. A stage is the same one
-- when branch, position and name are the same.
WITH {{run_page}} AS page, {{page_of}} AS page_of, {{dash_as_of}} AS moment,
(
    SELECT groupArray((cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage),
        CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), CAST(target_branch, 'String'), position, CAST(stage, 'String'),
        CAST(pipeline, 'String'), run_id, run_number, CAST(commit_id, 'String'), CAST(executor_name, 'String')))
    FROM failed_stages_as_of(as_of = {{dash_as_of}})
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
        AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
) AS failed,
red AS
(
    SELECT f.1 AS life, f.2 AS tenant, f.3 AS project_id, f.4 AS pipeline_id, f.5 AS target_branch, f.6 AS position, f.7 AS stage,
        f.8 AS pipeline, f.9 AS run_id, f.10 AS run_number, f.11 AS commit_id, f.12 AS executor
    FROM (SELECT arrayJoin(failed) AS f)
)
SELECT
    r.s.1 AS tenant,
    if(n.project = '', r.s.2, n.project) AS project,
    r.s.5 AS pipeline,
    r.s.6 AS stage,
    multiIf(r.s.11 IS NULL, 'unknown', r.s.15 = 1, 'newly failing', 'still failing') AS state,
    r.s.11 AS red_since,
    dateDiff('second', r.s.11, moment) AS red_for_s,
    r.s.13 AS first_bad_run,
    r.s.14 AS first_bad_commit,
    if(r.s.11 IS NULL, NULL, r.s.15) AS failures,
    r.s.7 AS run_number,
    r.s.8 AS commit_id,
    r.s.9 AS branch,
    r.s.10 AS executor,
    r.s.16 AS last_green_at,
    page(r.detail_url, r.s.1, r.s.2, r.s.3, r.s.4) AS url,
    if(r.s.11 IS NULL, '', page(r.first_detail_url, r.s.1, r.s.2, r.s.3, r.s.12)) AS first_url,
    page_of('pipeline', r.s.1, r.s.2, r.s.3) AS pipeline_url
FROM
(
    SELECT c.s AS s, maxIf(u.detail_url, c.shown = 'newest') AS detail_url, maxIf(u.detail_url, c.shown = 'first') AS first_detail_url
    FROM {{dash_versions_of_run_pages}} AS u
    RIGHT JOIN
    (
        SELECT s, named.1 AS shown, named.2 AS run
        FROM
        (
            SELECT (red.tenant, red.project_id, red.pipeline_id, red.run_id, red.pipeline, red.stage, red.run_number, red.commit_id, red.target_branch, red.executor,
                e.red_since, e.first_run_id, e.first_run_number, e.first_commit_id, e.failures, e.last_green_at) AS s
            FROM red
            LEFT JOIN
            (
                SELECT life, toNullable(red_times.red_since) AS red_since, first_run_id, first_run_number, first_commit_id,
                    1 + arrayCount(at -> at <= moment, later.1) AS failures, last_green_at
                FROM red_times
                WHERE red_times.red_since <= moment AND green_at > moment
            ) AS e ON e.life = red.life
        )
        ARRAY JOIN [('newest', cityHash64(s.1, s.2, s.3, s.4)), ('first', cityHash64(s.1, s.2, s.3, s.12))] AS named
    ) AS c ON u.run = c.run
    GROUP BY c.s
) AS r
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.s.1 AND n.project_id = r.s.2
ORDER BY red_since ASC NULLS FIRST, tenant, project, pipeline, stage
SETTINGS query_plan_join_swap_table = 'false'
