-- What failing and waiting cost per pipeline, of the stage attempts and runs
-- that ended in the time range: time in attempts that failed or were cancelled,
-- at the price of a machine minute; queue and approval wait of the runs that
-- completed or failed, at the price of a minute of waiting, as far as it is
-- known (approval: of the runs that were seen to wait). Prices are those that a
-- reader types in, else those of the first entry of prices in the configuration
-- that holds for the pipeline; without a price there is no cost.
WITH
    arrayFirst(entry -> entry.tenant IN ('', w.tenant) AND match(project, entry.project) AND match(pipeline, entry.pipeline), (SELECT prices FROM prices_in_force)) AS price,
    toFloat64OrNull(${price_machine:singlequote}) AS typed_machine,
    toFloat64OrNull(${price_waiting:singlequote}) AS typed_waiting
SELECT
    w.tenant AS tenant,
    if(n.project = '', w.project_id, n.project) AS project,
    if(p.pipeline = '', w.pipeline_id, p.pipeline) AS pipeline,
    w.wasted_s AS wasted_s,
    w.attempts AS attempts,
    w.queue_s AS queue_s,
    w.paused_s AS paused_s,
    w.runs AS runs,
    wasted_s / 60 * ifNull(typed_machine, price.machine_minute) AS wasted_cost,
    if(queue_s IS NULL AND paused_s IS NULL, NULL, ifNull(queue_s, 0) + ifNull(paused_s, 0)) / 60 * ifNull(typed_waiting, price.waiting_minute) AS waiting_cost,
    if(typed_machine IS NULL AND typed_waiting IS NULL, (SELECT currency FROM prices_in_force), '') AS currency
FROM
(
    SELECT any(c.tenant) AS tenant, any(c.project_id) AS project_id, any(c.pipeline_id) AS pipeline_id,
        sum(wasted) AS wasted_s, sum(attempt) AS attempts, sum(queue) AS queue_s, sum(paused) AS paused_s, sum(run) AS runs
    FROM
    (
        SELECT r.line AS line, r.tenant AS tenant, r.project_id AS project_id, r.pipeline_id AS pipeline_id, CAST(NULL, 'Nullable(Float64)') AS wasted, 0 AS attempt,
            r.queue_s AS queue, nullIf(w.paused_s, 0) AS paused, 1 AS run
        FROM {{dash_queued_runs}} AS r
        LEFT JOIN {{dash_run_waits}} AS w ON w.run = r.run
        UNION ALL
        SELECT cityHash64(tenant, project_id, pipeline_id), tenant, project_id, pipeline_id, duration_ms / 1000, 1, NULL, NULL, 0
        FROM attempts_by_day FINAL
        WHERE status IN ('FAILED', 'CANCELED') AND $__timeFilter(ended_at)
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    ) AS c
    GROUP BY c.line
) AS w
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = w.tenant AND p.project_id = w.project_id AND p.pipeline_id = w.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = w.tenant AND n.project_id = w.project_id
ORDER BY ifNull(wasted_s, 0) + ifNull(queue_s, 0) + ifNull(paused_s, 0) DESC, tenant, project, pipeline
LIMIT 100
