-- Stages that began to fail and stages that recovered, newest first. Newly
-- failing: a failed attempt after a success, or the first one known. Recovered:
-- the success after one or more failures; red for is the time between. Further
-- failures of a red stage are no transition.
WITH {{run_page}} AS page,
(
    SELECT groupArray((life, assumeNotNull(at), state, red_s, failures))
    FROM
    (
        SELECT life, red_s, failures, change.1 AS state, change.2 AS at
        FROM {{dash_red_episodes}}
        ARRAY JOIN [('newly failing', toNullable(red_since)), ('recovered', green_at)] AS change
        WHERE $__timeFilter(at)
        ORDER BY at DESC, state, life
        LIMIT 200
    )
) AS turns
SELECT
    c.turn.2 AS at,
    c.turn.3 AS state,
    c.tenant AS tenant,
    if(n.project = '', c.project_id, n.project) AS project,
    if(p.pipeline = '', c.pipeline_id, p.pipeline) AS pipeline,
    c.stage AS stage,
    c.branch AS branch,
    c.tried.2 AS run_number,
    c.tried.3 AS commit_id,
    if(state = 'recovered', c.turn.4, NULL) AS red_s,
    if(state = 'recovered', c.turn.5, NULL) AS failures,
    page(u.detail_url, c.project_id, c.pipeline_id, c.tried.1) AS url
FROM {{dash_turning_pages}} AS u
RIGHT ANY JOIN
(
    SELECT t.turn AS turn, a.run AS tried, a.tenant AS tenant, a.project_id AS project_id, a.pipeline_id AS pipeline_id, a.branch AS branch, a.stage AS stage,
        cityHash64(a.tenant, a.project_id, a.pipeline_id, a.run.1) AS run
    FROM (SELECT arrayJoin(turns) AS turn, turn.1 AS life, turn.2 AS at, turn.3 = 'newly failing' AS failed) AS t
    LEFT JOIN {{dash_turning_attempts}} AS a ON a.life = t.life AND a.ended_at = t.at AND a.failed = t.failed
) AS c ON u.run = c.run
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.tenant AND p.project_id = c.project_id AND p.pipeline_id = c.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
ORDER BY at DESC, tenant, project, pipeline, stage, branch, state
