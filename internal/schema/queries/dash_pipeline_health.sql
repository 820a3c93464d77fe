-- Pipelines by what their runs did in the time range: n runs that completed or
-- failed, the share that completed, duration and queue wait (start of the run
-- to start of its first stage) as percentiles over all runs that have them.
-- Approval wait is the median over the runs that were seen to wait. The 200 of
-- which the smallest share completed.
WITH worst AS
(
    SELECT
        h.tenant AS tenant,
        h.project_id AS project_id,
        h.pipeline_id AS pipeline_id,
        if(n.project = '', h.project_id, n.project) AS project,
        if(p.pipeline = '', h.pipeline_id, p.pipeline) AS pipeline,
        h.success_ratio AS success_ratio,
        h.runs AS runs,
        h.duration_p50 AS duration_p50,
        h.duration_p95 AS duration_p95,
        h.last_ended_at AS last_ended_at
    FROM
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            countIf(status = 'COMPLETED') / runs AS success_ratio,
            count() AS runs,
            quantileExactInclusiveOrNull(0.5)(duration_s) AS duration_p50,
            quantileExactInclusiveOrNull(0.95)(duration_s) AS duration_p95,
            max(ended_at) AS last_ended_at
        FROM {{dash_ended_runs}} AS r
        GROUP BY tenant, project_id, pipeline_id
    ) AS h
    LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = h.tenant AND p.project_id = h.project_id AND p.pipeline_id = h.pipeline_id
    LEFT JOIN {{dash_projects}} AS n ON n.tenant = h.tenant AND n.project_id = h.project_id
    ORDER BY success_ratio, runs DESC, tenant, project, pipeline
    LIMIT 200
)
SELECT
    h.tenant AS tenant,
    h.project AS project,
    h.pipeline AS pipeline,
    h.success_ratio AS success_ratio,
    h.runs AS n,
    h.duration_p50 AS duration_p50,
    h.duration_p95 AS duration_p95,
    w.queue_p50 AS queue_p50,
    w.queue_p95 AS queue_p95,
    w.paused_p50 AS paused_p50,
    w.paused_n AS paused_n,
    h.last_ended_at AS last_ended_at
FROM worst AS h
LEFT JOIN
(
    SELECT
        r.tenant AS tenant,
        r.project_id AS project_id,
        r.pipeline_id AS pipeline_id,
        quantileExactInclusiveOrNull(0.5)(greatest(dateDiff('millisecond', r.started_at, a.first_started_at), 0) / 1000) AS queue_p50,
        quantileExactInclusiveOrNull(0.95)(greatest(dateDiff('millisecond', r.started_at, a.first_started_at), 0) / 1000) AS queue_p95,
        quantileExactInclusiveOrNullIf(0.5)(w.paused_s, w.paused_s > 0) AS paused_p50,
        countIf(w.paused_s > 0) AS paused_n
    FROM (SELECT * FROM {{dash_ended_runs}} WHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM worst)) AS r
    LEFT JOIN {{dash_run_starts}} AS a ON a.run = r.run
    LEFT JOIN {{dash_run_waits}} AS w ON w.run = r.run
    GROUP BY tenant, project_id, pipeline_id
) AS w ON w.tenant = h.tenant AND w.project_id = h.project_id AND w.pipeline_id = h.pipeline_id
ORDER BY success_ratio, n DESC, tenant, project, pipeline
