-- Stages that began to fail and stages that recovered, newest first. Newly
-- failing: a failed attempt after a success, or the first one known. Recovered:
-- the success after one or more failures; red for is the time between. Further
-- failures of a red stage are no transition.
WITH {{run_page}} AS page,
(
    SELECT groupArray((life, assumeNotNull(at), state, CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), project, pipeline, CAST(stage, 'String'), CAST(branch, 'String'), red_s, failures))
    FROM
    (
        SELECT *, change.1 AS state, change.2 AS at
        FROM {{dash_red_episodes}}
        ARRAY JOIN [('newly failing', toNullable(red_since)), ('recovered', green_at)] AS change
        WHERE $__timeFilter(at)
        ORDER BY at DESC, tenant, project, pipeline, stage, branch, state
        LIMIT 200
    )
) AS turns
SELECT
    c.turn.2 AS at,
    c.turn.3 AS state,
    c.turn.4 AS tenant,
    c.turn.7 AS project,
    c.turn.8 AS pipeline,
    c.turn.9 AS stage,
    c.turn.10 AS branch,
    c.tried.2 AS run_number,
    c.tried.3 AS commit_id,
    if(state = 'recovered', c.turn.11, NULL) AS red_s,
    if(state = 'recovered', c.turn.12, NULL) AS failures,
    page(u.detail_url, c.turn.5, c.turn.6, c.tried.1) AS url
FROM {{dash_turning_pages}} AS u
RIGHT ANY JOIN
(
    SELECT t.turn AS turn, a.run AS tried, cityHash64(t.turn.4, t.turn.5, t.turn.6, a.run.1) AS run
    FROM (SELECT arrayJoin(turns) AS turn, turn.1 AS life, turn.2 AS at, turn.3 = 'newly failing' AS failed) AS t
    LEFT JOIN {{dash_turning_attempts}} AS a ON a.life = t.life AND a.ended_at = t.at AND a.failed = t.failed
) AS c ON u.run = c.run
ORDER BY at DESC, tenant, project, pipeline, stage, branch, state
