-- Time to green per pipeline: of the stages that recovered in the time range
-- (n), from the end of the first failed attempt to the end of the success,
-- median and 90th percentile. open: stages that failed in the time range and
-- have not passed on that branch since; they are not in the percentiles. First
-- bad run and commit are those of the newest red time.
WITH {{run_page}} AS page
SELECT
    e.tenant AS tenant,
    e.project AS project,
    e.pipeline AS pipeline,
    e.n AS n,
    e.p50 AS p50,
    e.p90 AS p90,
    e.open AS open,
    e.first_bad_run AS first_bad_run,
    e.first_bad_commit AS first_bad_commit,
    e.first_executor AS first_executor,
    page(u.detail_url, e.project_id, e.pipeline_id, e.first_bad_run_id) AS first_url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT
        e.tenant AS tenant,
        any(e.project) AS project,
        any(e.pipeline) AS pipeline,
        countIf($__timeFilter(green_at)) AS n,
        if(n = 0, NULL, quantileExactInclusiveIf(0.5)(assumeNotNull(red_s), $__timeFilter(green_at))) AS p50,
        if(n = 0, NULL, quantileExactInclusiveIf(0.9)(assumeNotNull(red_s), $__timeFilter(green_at))) AS p90,
        countIf(green_at IS NULL) AS open,
        argMax((first_bad_run, 1), red_since).1 AS first_bad_run,
        argMax(first_bad_commit, red_since) AS first_bad_commit,
        argMax(first_executor, red_since) AS first_executor,
        e.project_id AS project_id,
        e.pipeline_id AS pipeline_id,
        argMax(e.first_bad_run_id, red_since) AS first_bad_run_id
    FROM {{dash_red_episodes}} AS e
    WHERE $__timeFilter(green_at) OR green_at IS NULL AND $__timeFilter(red_since)
    GROUP BY e.tenant, e.project_id, e.pipeline_id
) AS e ON u.tenant = e.tenant AND u.project_id = e.project_id AND u.pipeline_id = e.pipeline_id AND u.run_id = e.first_bad_run_id
ORDER BY open DESC, p50 DESC, tenant, project, pipeline
LIMIT 200
