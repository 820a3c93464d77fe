-- Which stages decide how long the runs take that completed or failed in the
-- time range, of the 50 pipelines whose runs took longest in all. The critical
-- path of a run goes back from its last stage to end: before each stage comes
-- the one that ended last before it began. The rest is between stages: queue,
-- approvals and the pause before a retry. n runs with the stage on their path,
-- of all runs of the pipeline; percentiles over those n; share: of the time of
-- all runs of the pipeline.
WITH
(
    SELECT groupArray((tenant, project_id, pipeline_id))
    FROM
    (
        SELECT CAST(r.tenant, 'String') AS tenant, CAST(r.project_id, 'String') AS project_id, CAST(r.pipeline_id, 'String') AS pipeline_id
        FROM {{dash_ended_runs}} AS r
        GROUP BY tenant, project_id, pipeline_id
        ORDER BY sum(r.duration_s) DESC, tenant, project_id, pipeline_id
        LIMIT 50
    )
) AS longest,
paths AS
(
    SELECT
        r.run AS run,
        any(r.tenant) AS tenant,
        any(r.project_id) AS project_id,
        any(r.pipeline_id) AS pipeline_id,
        any(r.elapsed_ms) AS elapsed_ms,
        arrayFold(
            (acc, a) -> if(a.1 <= acc.1, (a.2, arrayPushBack(acc.2, (a.4, a.1 - a.2))), acc),
            arrayReverseSort(groupUniqArray((toUnixTimestamp64Milli(assumeNotNull(s.ended_at)), toUnixTimestamp64Milli(assumeNotNull(s.started_at)), s.position, toString(s.name)))),
            (toInt64(9000000000000000), CAST([], 'Array(Tuple(String, Int64))'))).2 AS path
    FROM
    (
        SELECT cityHash64(tenant, project_id, pipeline_id, run_id) AS run, tenant, project_id, pipeline_id, assumeNotNull(duration_ms) AS elapsed_ms
        FROM runs FINAL
        WHERE status IN ('COMPLETED', 'FAILED') AND duration_ms > 0 AND $__timeFilter(ended_at) AND (tenant, project_id, pipeline_id) IN (SELECT l.1, l.2, l.3 FROM (SELECT arrayJoin(longest) AS l))
    ) AS r
    INNER JOIN
    (
        SELECT cityHash64(tenant, project_id, pipeline_id, run_id) AS run, position, name, started_at, ended_at
        FROM attempts_by_day FINAL
        PREWHERE (tenant, project_id, pipeline_id) IN (SELECT l.1, l.2, l.3 FROM (SELECT arrayJoin(longest) AS l))
        WHERE day >= toDate($__fromTime) - 8 AND day <= toDate($__toTime) + 1 AND started_at IS NOT NULL AND ended_at >= started_at
        UNION ALL
        SELECT cityHash64(tenant, project_id, pipeline_id, run_id) AS run, position, name, started_at, ended_at
        FROM stage_attempts FINAL
        WHERE started_at IS NOT NULL AND ended_at >= started_at AND (tenant, project_id, pipeline_id, run_id) IN {{dash_long_runs}}
    ) AS s ON s.run = r.run
    GROUP BY r.run
)
SELECT
    c.tenant AS tenant,
    if(n.project = '', c.project_id, n.project) AS project,
    if(p.pipeline = '', c.pipeline_id, p.pipeline) AS pipeline,
    c.stage AS stage,
    c.n AS n,
    c.runs AS runs,
    c.p50 AS p50,
    c.p95 AS p95,
    c.total_s / c.all_s AS share
FROM
(
    SELECT *, maxIf(n, stage = '(whole run)') OVER whole AS runs, maxIf(total_s, stage = '(whole run)') OVER whole AS all_s
    FROM
    (
        SELECT tenant, project_id, pipeline_id, stage, count() AS n,
            quantileExactInclusive(0.5)(stage_s) AS p50, quantileExactInclusive(0.95)(stage_s) AS p95, sum(stage_s) AS total_s
        FROM
        (
            SELECT any(tenant) AS tenant, any(project_id) AS project_id, any(pipeline_id) AS pipeline_id, run, part.1 AS stage, sum(part.2) / 1000 AS stage_s
            FROM
            (
                SELECT tenant, project_id, pipeline_id, run,
                    arrayConcat(path, [('(between stages)', greatest(elapsed_ms - arraySum(x -> x.2, path), 0)), ('(whole run)', elapsed_ms)]) AS parts
                FROM paths
            )
            ARRAY JOIN parts AS part
            GROUP BY run, stage
            HAVING stage_s > 0
        )
        GROUP BY tenant, project_id, pipeline_id, stage
    )
    WINDOW whole AS (PARTITION BY tenant, project_id, pipeline_id)
) AS c
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.tenant AND p.project_id = c.project_id AND p.pipeline_id = c.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
WHERE c.stage != '(whole run)'
ORDER BY c.all_s DESC, tenant, project, pipeline, share DESC, stage
LIMIT 200
