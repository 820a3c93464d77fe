-- Stages that are red: the last attempt that ended in success or failure failed, on
-- that branch; the alert rules say the same. A run that is going on, is cancelled,
-- skips the stage or is of another branch changes nothing. Left out: stages whose
-- last failure is 30 days old, those of deleted pipelines, and those that are gone:
-- renamed or taken out, so that the newest run of the branch that has completed or
-- failed does not list them. Red since: the end of the first failed attempt after the
-- stage's last success; first bad commit and run are those of that attempt. Newly
-- failing: that attempt is the only one so far. A failure counts once its end is known
-- and judged, which takes seconds. A stage is the same one by branch and name, wherever
-- it is in its run; of several of one name the first is one stage, the second another.
WITH {{run_page}} AS page, {{page_of}} AS page_of, {{dash_as_of}} AS moment,
(
    SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), run_id, CAST(pipeline, 'String'), CAST(stage, 'String'),
        run_number, CAST(commit_id, 'String'), CAST(target_branch, 'String'), executor_name,
        red_since, first_run_id, first_run_number, CAST(first_commit_id, 'String'), failures, last_green_at))
    FROM failed_stages_as_of(as_of = {{dash_as_of}})
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
        AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
) AS red
SELECT
    r.s.1 AS tenant,
    if(n.project = '', r.s.2, n.project) AS project,
    r.s.5 AS pipeline,
    r.s.6 AS stage,
    if(r.s.15 = 1, 'newly failing', 'still failing') AS state,
    r.s.11 AS red_since,
    dateDiff('second', r.s.11, moment) AS red_for_s,
    r.s.13 AS first_bad_run,
    r.s.14 AS first_bad_commit,
    r.s.15 AS failures,
    r.s.7 AS run_number,
    r.s.8 AS commit_id,
    r.s.9 AS branch,
    r.s.10 AS executor,
    r.s.16 AS last_green_at,
    page(r.detail_url, r.s.1, r.s.2, r.s.3, r.s.4) AS url,
    page(r.first_detail_url, r.s.1, r.s.2, r.s.3, r.s.12) AS first_url,
    page_of('pipeline', r.s.1, r.s.2, r.s.3) AS pipeline_url
FROM
(
    SELECT c.s AS s, maxIf(u.detail_url, c.shown = 'newest') AS detail_url, maxIf(u.detail_url, c.shown = 'first') AS first_detail_url
    FROM {{dash_versions_of_run_pages}} AS u
    RIGHT JOIN
    (
        SELECT s, named.1 AS shown, named.2 AS run
        FROM (SELECT arrayJoin(red) AS s)
        ARRAY JOIN [('newest', cityHash64(s.1, s.2, s.3, s.4)), ('first', cityHash64(s.1, s.2, s.3, s.12))] AS named
    ) AS c ON u.run = c.run
    GROUP BY c.s
) AS r
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.s.1 AND n.project_id = r.s.2
ORDER BY red_since, tenant, project, pipeline, stage
SETTINGS query_plan_join_swap_table = 'false'
