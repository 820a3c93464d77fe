-- Time to green per pipeline: of the stages that recovered in the time range
-- (n), from the end of the first failed attempt to the end of the success,
-- median and 90th percentile. open: stages that failed in the time range and
-- have not passed on that branch since, but for those that were gone from the
-- pipeline at its end; they are not in the percentiles. First bad run and commit are
-- those of the newest red time.
WITH {{run_page}} AS page, {{page_of}} AS page_of,
(
    SELECT groupArray((newest.1, CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), n, p50, p90, open, newest.2, newest.3, newest.4, newest.5))
    FROM
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            countIf($__timeFilter(green_at)) AS n,
            quantilesExactInclusiveIf(0.5, 0.9)(assumeNotNull(red_s), $__timeFilter(green_at)) AS percentiles,
            if(n = 0, NULL, percentiles[1]) AS p50,
            if(n = 0, NULL, percentiles[2]) AS p90,
            countIf(green_at IS NULL AND NOT is_gone) AS open,
            max((red_since, first_run_id, first_run_number, first_commit_id, CAST(first_executor_name, 'String'))) AS newest
        FROM {{dash_red_times}}
        WHERE $__timeFilter(green_at) OR green_at IS NULL AND $__timeFilter(red_since)
        GROUP BY tenant, project_id, pipeline_id
        ORDER BY open DESC, p50 DESC, tenant, project_id, pipeline_id
        LIMIT 500
    )
) AS turns
SELECT
    c.turn.2 AS tenant,
    if(n.project = '', c.turn.3, n.project) AS project,
    if(p.pipeline = '', c.turn.4, p.pipeline) AS pipeline,
    c.turn.5 AS n,
    c.turn.6 AS p50,
    c.turn.7 AS p90,
    c.turn.8 AS open,
    c.turn.10 AS first_bad_run,
    c.turn.11 AS first_bad_commit,
    c.turn.12 AS first_executor,
    page(u.detail_url, c.turn.2, c.turn.3, c.turn.4, c.turn.9) AS first_url,
    page_of('pipeline', c.turn.2, c.turn.3, c.turn.4) AS pipeline_url
FROM {{dash_turning_pages}} AS u
RIGHT ANY JOIN (SELECT arrayJoin(turns) AS turn, cityHash64(turn.2, turn.3, turn.4, turn.9) AS run) AS c ON u.run = c.run
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.turn.2 AND p.project_id = c.turn.3 AND p.pipeline_id = c.turn.4
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.turn.2 AND n.project_id = c.turn.3
ORDER BY open DESC, p50 DESC, tenant, project, pipeline
