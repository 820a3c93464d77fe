-- Stages that began to fail and stages that recovered, newest first. Newly
-- failing: a failed attempt after a success, or the first one known. Recovered:
-- the success after one or more failures; red for is the time between. Further
-- failures of a red stage are no transition.
WITH {{run_page}} AS page, {{page_of}} AS page_of,
(
    SELECT groupArray((at, state, CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), CAST(stage, 'String'), CAST(branch, 'String'),
        run.1, run.2, run.3, run.4, run.5))
    FROM
    (
        SELECT tenant, project_id, pipeline_id, stage, branch, change.1 AS state, assumeNotNull(change.2) AS at, change.3 AS run
        FROM {{dash_red_times}}
        ARRAY JOIN
            [('newly failing', toNullable(red_since), (first_run_id, first_run_number, first_commit_id, NULL, NULL)),
            ('recovered', green_at, (green_run_id, green_run_number, green_commit_id, red_s, toNullable(failures)))] AS change
        WHERE $__timeFilter(change.2)
        ORDER BY at DESC, state, tenant, project_id, pipeline_id, stage, branch
        LIMIT 5000
    )
) AS turns
SELECT
    c.turn.1 AS at,
    c.turn.2 AS state,
    c.turn.3 AS tenant,
    if(n.project = '', c.turn.4, n.project) AS project,
    if(p.pipeline = '', c.turn.5, p.pipeline) AS pipeline,
    c.turn.6 AS stage,
    c.turn.7 AS branch,
    c.turn.9 AS run_number,
    c.turn.10 AS commit_id,
    c.turn.11 AS red_s,
    c.turn.12 AS failures,
    page(u.detail_url, c.turn.3, c.turn.4, c.turn.5, c.turn.8) AS url,
    page_of('pipeline', c.turn.3, c.turn.4, c.turn.5) AS pipeline_url
FROM {{dash_turning_pages}} AS u
RIGHT ANY JOIN (SELECT arrayJoin(turns) AS turn, cityHash64(turn.3, turn.4, turn.5, turn.8) AS run) AS c ON u.run = c.run
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.turn.3 AND p.project_id = c.turn.4 AND p.pipeline_id = c.turn.5
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.turn.3 AND n.project_id = c.turn.4
ORDER BY at DESC, tenant, project, pipeline, stage, branch, state
