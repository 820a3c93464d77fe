-- Pipelines by what their runs did in the time range: n runs that completed or
-- failed, the share that completed, duration and queue wait (start of the run
-- to start of its first stage) as percentiles over all runs that have them.
-- Approval wait is the median over the runs that were seen to wait. The 200 of
-- which the smallest share completed.
WITH {{page_of}} AS page_of
SELECT
    l.tenant AS tenant,
    if(n.project = '', l.project_id, n.project) AS project,
    if(p.pipeline = '', l.pipeline_id, p.pipeline) AS pipeline,
    h.success_ratio AS success_ratio,
    h.n AS n,
    if(isNaN(h.duration[1]), NULL, h.duration[1]) AS duration_p50,
    if(isNaN(h.duration[2]), NULL, h.duration[2]) AS duration_p95,
    if(isNaN(h.queue[1]), NULL, h.queue[1]) AS queue_p50,
    if(isNaN(h.queue[2]), NULL, h.queue[2]) AS queue_p95,
    h.paused_p50 AS paused_p50,
    h.paused_n AS paused_n,
    h.last_ended_at AS last_ended_at,
    page_of('pipeline', l.tenant, l.project_id, l.pipeline_id) AS pipeline_url
FROM
(
    SELECT
        r.line AS line,
        countIf(r.status = 'COMPLETED') / n AS success_ratio,
        count() AS n,
        quantilesExactInclusive(0.5, 0.95)(r.duration_s) AS duration,
        quantilesExactInclusive(0.5, 0.95)(r.queue_s) AS queue,
        quantileExactInclusiveOrNullIf(0.5)(w.paused_s, w.paused_s > 0) AS paused_p50,
        countIf(w.paused_s > 0) AS paused_n,
        max(r.ended_at) AS last_ended_at
    FROM {{dash_queued_runs}} AS r
    LEFT JOIN {{dash_run_waits}} AS w ON w.run = r.run
    GROUP BY line
) AS h
INNER JOIN {{dash_lines}} AS l ON l.line = h.line
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = l.tenant AND p.project_id = l.project_id AND p.pipeline_id = l.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = l.tenant AND n.project_id = l.project_id
ORDER BY success_ratio, n DESC, tenant, project, pipeline
LIMIT 200
