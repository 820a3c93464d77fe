-- What failing and waiting cost: a row for each pipeline.
WITH {{page_of}} AS page_of,
    arrayFirst(entry -> entry.tenant IN ('', l.tenant) AND match(project, entry.project) AND match(pipeline, entry.pipeline), (SELECT prices FROM prices_in_force)) AS price,
    toFloat64OrNull(${price_machine:singlequote}) AS typed_machine,
    toFloat64OrNull(${price_waiting:singlequote}) AS typed_waiting
SELECT
    l.tenant AS tenant,
    if(n.project = '', l.project_id, n.project) AS project,
    if(p.pipeline = '', l.pipeline_id, p.pipeline) AS pipeline,
    w.wasted_s AS wasted_s,
    w.attempts AS attempts,
    w.queue_s AS queue_s,
    w.paused_s AS paused_s,
    w.runs AS runs,
    wasted_s / 60 * ifNull(typed_machine, price.machine_minute) AS wasted_cost,
    if(queue_s IS NULL AND paused_s IS NULL, NULL, ifNull(queue_s, 0) + ifNull(paused_s, 0)) / 60 * ifNull(typed_waiting, price.waiting_minute) AS waiting_cost,
    (SELECT currency FROM prices_in_force) AS currency,
    page_of('pipeline', l.tenant, l.project_id, l.pipeline_id) AS pipeline_url
FROM
(
    SELECT line, sum(wasted) AS wasted_s, sum(attempt) AS attempts, sum(queue) AS queue_s, sum(paused) AS paused_s, sum(run) AS runs
    FROM
    (
        SELECT r.line AS line, CAST(NULL, 'Nullable(Float64)') AS wasted, 0 AS attempt,
            r.queue_s AS queue, nullIf(w.paused_s, 0) AS paused, 1 AS run
        FROM {{dash_queued_runs}} AS r
        LEFT JOIN {{dash_run_waits}} AS w ON w.run = r.run
        UNION ALL
        SELECT cityHash64(tenant, project_id, pipeline_id), duration_ms / 1000, 1, NULL, NULL, 0
        FROM attempts_by_day FINAL
        WHERE status IN ('FAILED', 'CANCELED') AND $__timeFilter(ended_at)
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
            AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
            AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
    )
    GROUP BY line
) AS w
INNER JOIN {{dash_lines}} AS l ON l.line = w.line
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = l.tenant AND p.project_id = l.project_id AND p.pipeline_id = l.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = l.tenant AND n.project_id = l.project_id
