-- Pipelines by what their runs did in the time range: n runs that completed or
-- failed, the share that completed, duration and queue wait (start of the run
-- to start of its first stage) as percentiles over all runs that have them.
-- Approval wait is the median over the runs that were seen to wait. The 200 of
-- which the smallest share completed.
SELECT
    h.tenant AS tenant,
    if(n.project = '', h.project_id, n.project) AS project,
    if(p.pipeline = '', h.pipeline_id, p.pipeline) AS pipeline,
    h.success_ratio AS success_ratio,
    h.n AS n,
    h.duration_p50 AS duration_p50,
    h.duration_p95 AS duration_p95,
    h.queue_p50 AS queue_p50,
    h.queue_p95 AS queue_p95,
    h.paused_p50 AS paused_p50,
    h.paused_n AS paused_n,
    h.last_ended_at AS last_ended_at
FROM
(
    SELECT
        any(r.tenant) AS tenant,
        any(r.project_id) AS project_id,
        any(r.pipeline_id) AS pipeline_id,
        countIf(r.status = 'COMPLETED') / n AS success_ratio,
        count() AS n,
        quantileExactInclusiveOrNull(0.5)(r.duration_s) AS duration_p50,
        quantileExactInclusiveOrNull(0.95)(r.duration_s) AS duration_p95,
        quantileExactInclusiveOrNull(0.5)(r.queue_s) AS queue_p50,
        quantileExactInclusiveOrNull(0.95)(r.queue_s) AS queue_p95,
        quantileExactInclusiveOrNullIf(0.5)(w.paused_s, w.paused_s > 0) AS paused_p50,
        countIf(w.paused_s > 0) AS paused_n,
        max(r.ended_at) AS last_ended_at
    FROM {{dash_queued_runs}} AS r
    LEFT JOIN {{dash_run_waits}} AS w ON w.run = r.run
    GROUP BY r.line
) AS h
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = h.tenant AND p.project_id = h.project_id AND p.pipeline_id = h.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = h.tenant AND n.project_id = h.project_id
ORDER BY success_ratio, n DESC, tenant, project, pipeline
LIMIT 200
