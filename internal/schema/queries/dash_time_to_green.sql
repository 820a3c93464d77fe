-- Time to green per pipeline: of the stages that recovered in the time range
-- (n), from the end of the first failed attempt to the end of the success,
-- median and 90th percentile. open: stages that failed in the time range and
-- have not passed on that branch since; they are not in the percentiles. First
-- bad run and commit are those of the newest red time.
WITH {{run_page}} AS page,
(
    SELECT groupArray((newest.1, newest.2, CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), project, pipeline, n, p50, p90, open))
    FROM
    (
        SELECT
            e.tenant AS tenant,
            e.project_id AS project_id,
            e.pipeline_id AS pipeline_id,
            any(e.project) AS project,
            any(e.pipeline) AS pipeline,
            countIf($__timeFilter(green_at)) AS n,
            if(n = 0, NULL, quantileExactInclusiveIf(0.5)(assumeNotNull(red_s), $__timeFilter(green_at))) AS p50,
            if(n = 0, NULL, quantileExactInclusiveIf(0.9)(assumeNotNull(red_s), $__timeFilter(green_at))) AS p90,
            countIf(green_at IS NULL) AS open,
            argMax((e.life, e.red_since), e.red_since) AS newest
        FROM {{dash_red_episodes}} AS e
        WHERE $__timeFilter(green_at) OR green_at IS NULL AND $__timeFilter(red_since)
        GROUP BY e.tenant, e.project_id, e.pipeline_id
        ORDER BY open DESC, p50 DESC, tenant, project, pipeline
        LIMIT 200
    )
) AS turns
SELECT
    c.turn.3 AS tenant,
    c.turn.6 AS project,
    c.turn.7 AS pipeline,
    c.turn.8 AS n,
    c.turn.9 AS p50,
    c.turn.10 AS p90,
    c.turn.11 AS open,
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
ORDER BY open DESC, p50 DESC, tenant, project, pipeline
