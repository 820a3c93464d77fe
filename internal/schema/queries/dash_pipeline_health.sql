-- Pipelines by what their runs did in the time range: n runs that completed or
-- failed, the share that completed, duration and queue wait (start of the run
-- to start of its first stage) as percentiles over all runs that have them.
-- Approval wait is the median over the runs that were seen to wait.
SELECT
    any(r.tenant) AS tenant,
    any(r.project) AS project,
    any(r.pipeline) AS pipeline,
    countIf(status = 'COMPLETED') / n AS success_ratio,
    count() AS n,
    quantileExactInclusiveOrNull(0.5)(duration_s) AS duration_p50,
    quantileExactInclusiveOrNull(0.95)(duration_s) AS duration_p95,
    quantileExactInclusiveOrNull(0.5)(queue_s) AS queue_p50,
    quantileExactInclusiveOrNull(0.95)(queue_s) AS queue_p95,
    quantileExactInclusiveOrNullIf(0.5)(paused_s, paused_s > 0) AS paused_p50,
    countIf(paused_s > 0) AS paused_n,
    max(ended_at) AS last_ended_at
FROM {{dash_ended_runs}} AS r
GROUP BY r.tenant, r.project_id, r.pipeline_id
ORDER BY success_ratio, n DESC, tenant, project, pipeline
LIMIT 200
