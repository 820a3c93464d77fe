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
) AS turns,
(
    SELECT groupArray((t.turn.4, t.turn.5, t.turn.6, a.run.1, a.run.2, a.run.3, t.turn))
    FROM (SELECT arrayJoin(turns) AS turn, turn.1 AS life, turn.2 AS at, turn.3 = 'newly failing' AS failed) AS t
    LEFT JOIN {{dash_turning_attempts}} AS a ON a.life = t.life AND a.ended_at = t.at AND a.failed = t.failed
) AS named
SELECT
    c.turn.2 AS at,
    c.turn.3 AS state,
    c.turn.4 AS tenant,
    c.turn.7 AS project,
    c.turn.8 AS pipeline,
    c.turn.9 AS stage,
    c.turn.10 AS branch,
    c.run_number AS run_number,
    c.commit_id AS commit_id,
    if(state = 'recovered', c.turn.11, NULL) AS red_s,
    if(state = 'recovered', c.turn.12, NULL) AS failures,
    page(u.detail_url, c.turn.5, c.turn.6, c.run_id) AS url
FROM (SELECT arrayJoin(named) AS name, name.4 AS run_id, name.5 AS run_number, name.6 AS commit_id, name.7 AS turn) AS c
LEFT ANY JOIN {{dash_named_run_pages}} AS u ON u.tenant = c.turn.4 AND u.project_id = c.turn.5 AND u.pipeline_id = c.turn.6 AND u.run_id = c.run_id
ORDER BY at DESC, tenant, project, pipeline, stage, branch, state
