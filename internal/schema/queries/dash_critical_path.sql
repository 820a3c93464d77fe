-- Which stages decide how long the runs take that completed or failed in the
-- time range, of the 50 pipelines whose runs took longest in all. The critical
-- path of a run goes back from its last stage to end: before each stage comes
-- the one that ended last before it began. The rest is between stages: queue,
-- approvals and the pause before a retry. n runs with the stage on their path,
-- of all runs of the pipeline; percentiles over those n; share: of the time of
-- all runs of the pipeline.
WITH longest AS
(
    SELECT tenant, project_id, pipeline_id
    FROM {{dash_ended_runs}} AS r
    GROUP BY tenant, project_id, pipeline_id
    ORDER BY sum(r.duration_s) DESC, tenant, project_id, pipeline_id
    LIMIT 50
),
paths AS
(
    SELECT
        r.tenant AS tenant,
        r.project_id AS project_id,
        r.pipeline_id AS pipeline_id,
        r.run_id AS run_id,
        r.elapsed_ms AS elapsed_ms,
        arrayFold(
            (acc, a) -> if(a.1 <= acc.1, (a.2, arrayPushBack(acc.2, (a.4, a.1 - a.2))), acc),
            arrayReverseSort(groupUniqArray((toUnixTimestamp64Milli(assumeNotNull(s.ended_at)), toUnixTimestamp64Milli(assumeNotNull(s.started_at)), s.position, toString(s.name)))),
            (toInt64(9000000000000000), CAST([], 'Array(Tuple(String, Int64))'))).2 AS path
    FROM
    (
        SELECT tenant, project_id, pipeline_id, run_id, assumeNotNull(duration_ms) AS elapsed_ms
        FROM runs FINAL
        WHERE status IN ('COMPLETED', 'FAILED') AND duration_ms > 0 AND $__timeFilter(ended_at) AND (tenant, project_id, pipeline_id) IN longest
    ) AS r
    INNER JOIN
    (
        SELECT tenant, project_id, pipeline_id, run_id, position, name, started_at, ended_at
        FROM attempts_by_day FINAL
        PREWHERE (tenant, project_id, pipeline_id) IN longest
        WHERE day >= toDate($__fromTime) - 8 AND day <= toDate($__toTime) + 1 AND started_at IS NOT NULL AND ended_at >= started_at
        UNION ALL
        SELECT tenant, project_id, pipeline_id, run_id, position, name, started_at, ended_at
        FROM stage_attempts FINAL
        WHERE started_at IS NOT NULL AND ended_at >= started_at AND (tenant, project_id, pipeline_id, run_id) IN {{dash_long_runs}}
    ) AS s ON s.tenant = r.tenant AND s.project_id = r.project_id AND s.pipeline_id = r.pipeline_id AND s.run_id = r.run_id
    GROUP BY ALL
)
SELECT
    c.tenant AS tenant,
    if(n.project = '', c.project_id, n.project) AS project,
    if(p.pipeline = '', c.pipeline_id, p.pipeline) AS pipeline,
    c.stage AS stage,
    c.n AS n,
    t.runs AS runs,
    c.p50 AS p50,
    c.p95 AS p95,
    c.total_s / t.total_s AS share
FROM
(
    SELECT tenant, project_id, pipeline_id, stage, count() AS n,
        quantileExactInclusive(0.5)(stage_s) AS p50, quantileExactInclusive(0.95)(stage_s) AS p95, sum(stage_s) AS total_s
    FROM
    (
        SELECT tenant, project_id, pipeline_id, run_id, part.1 AS stage, sum(part.2) / 1000 AS stage_s
        FROM
        (
            SELECT tenant, project_id, pipeline_id, run_id,
                arrayPushBack(path, ('(between stages)', greatest(elapsed_ms - arraySum(x -> x.2, path), 0))) AS parts
            FROM paths
        )
        ARRAY JOIN parts AS part
        GROUP BY tenant, project_id, pipeline_id, run_id, stage
        HAVING stage_s > 0
    )
    GROUP BY tenant, project_id, pipeline_id, stage
) AS c
INNER JOIN (SELECT tenant, project_id, pipeline_id, count() AS runs, sum(elapsed_ms) / 1000 AS total_s FROM paths GROUP BY tenant, project_id, pipeline_id) AS t
    ON t.tenant = c.tenant AND t.project_id = c.project_id AND t.pipeline_id = c.pipeline_id
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.tenant AND p.project_id = c.project_id AND p.pipeline_id = c.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
ORDER BY t.total_s DESC, tenant, project, pipeline, share DESC, stage
LIMIT 200
