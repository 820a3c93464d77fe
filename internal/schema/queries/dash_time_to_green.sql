-- Time to green per pipeline: of the stages that recovered in the time range
-- (n), from the end of the first failed attempt to the end of the success,
-- median and 90th percentile. open: stages that failed in the time range and
-- have not passed on that branch since; they are not in the percentiles. First
-- bad run and commit are those of the newest red time.
WITH {{run_page}} AS page,
(
    SELECT groupArray((newest, newest_since, CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), n, p50, p90, open))
    FROM
    (
        SELECT
            l.tenant AS tenant,
            l.project_id AS project_id,
            l.pipeline_id AS pipeline_id,
            countIf($__timeFilter(green_at)) AS n,
            quantilesExactInclusiveIf(0.5, 0.9)(assumeNotNull(red_s), $__timeFilter(green_at)) AS percentiles,
            if(n = 0, NULL, percentiles[1]) AS p50,
            if(n = 0, NULL, percentiles[2]) AS p90,
            countIf(green_at IS NULL) AS open,
            argMax(e.life, e.red_since) AS newest,
            max(e.red_since) AS newest_since
        FROM {{dash_red_episodes}} AS e
        INNER JOIN {{dash_failed_lives}} AS l ON l.life = e.life
        WHERE $__timeFilter(green_at) OR green_at IS NULL AND $__timeFilter(red_since)
        GROUP BY tenant, project_id, pipeline_id
        ORDER BY open DESC, p50 DESC, tenant, project_id, pipeline_id
        LIMIT 200
    )
) AS turns
SELECT
    c.turn.3 AS tenant,
    if(n.project = '', c.turn.4, n.project) AS project,
    if(p.pipeline = '', c.turn.5, p.pipeline) AS pipeline,
    c.turn.6 AS n,
    c.turn.7 AS p50,
    c.turn.8 AS p90,
    c.turn.9 AS open,
    c.tried.2 AS first_bad_run,
    c.tried.3 AS first_bad_commit,
    c.tried.4 AS first_executor,
    page(u.detail_url, c.turn.4, c.turn.5, c.tried.1) AS first_url
FROM {{dash_turning_pages}} AS u
RIGHT ANY JOIN
(
    SELECT t.turn AS turn, a.run AS tried, cityHash64(t.turn.3, t.turn.4, t.turn.5, a.run.1) AS run
    FROM (SELECT arrayJoin(turns) AS turn, turn.1 AS life, turn.2 AS at) AS t
    LEFT JOIN (SELECT * FROM {{dash_turning_attempts}} WHERE failed) AS a ON a.life = t.life AND a.ended_at = t.at
) AS c ON u.run = c.run
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.turn.3 AND p.project_id = c.turn.4 AND p.pipeline_id = c.turn.5
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.turn.3 AND n.project_id = c.turn.4
ORDER BY open DESC, p50 DESC, tenant, project, pipeline
