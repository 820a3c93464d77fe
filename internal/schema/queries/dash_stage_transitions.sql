-- Stages that began to fail and stages that recovered, newest first. Newly
-- failing: a failed attempt after a success, or the first one known. Recovered:
-- the success after one or more failures; red for is the time between. Further
-- failures of a red stage are no transition.
WITH {{run_page}} AS page
SELECT
    c.at AS at,
    c.state AS state,
    c.tenant AS tenant,
    c.project AS project,
    c.pipeline AS pipeline,
    c.stage AS stage,
    c.branch AS branch,
    c.run_number AS run_number,
    c.commit_id AS commit_id,
    if(c.state = 'recovered', c.red_s, NULL) AS red_s,
    if(c.state = 'recovered', c.failures, NULL) AS failures,
    page(u.detail_url, c.project_id, c.pipeline_id, c.run_id) AS url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT *, change.1 AS state, change.2 AS at, change.3 AS run_number, change.4 AS commit_id, change.5 AS run_id
    FROM {{dash_red_episodes}}
    ARRAY JOIN [('newly failing', toNullable(red_since), first_bad_run, first_bad_commit, first_bad_run_id), ('recovered', green_at, green_run, green_commit, green_run_id)] AS change
    WHERE $__timeFilter(at)
) AS c ON u.tenant = c.tenant AND u.project_id = c.project_id AND u.pipeline_id = c.pipeline_id AND u.run_id = c.run_id
ORDER BY at DESC, tenant, project, pipeline, stage, branch, state
LIMIT 200
