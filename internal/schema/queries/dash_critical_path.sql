-- Which stages decide how long the runs take that completed or failed in the
-- time range, of the 20 pipelines whose runs took longest in all. The critical
-- path of a run goes back from its last stage to end: before each stage comes
-- the one that ended last before it began. The rest is between stages: queue,
-- approvals and the pause before a retry. n runs with the stage on their path,
-- of all runs of the pipeline; percentiles over those n; share: of the time of
-- all runs of the pipeline.
WITH {{page_of}} AS page_of,
(
    SELECT groupArray(line)
    FROM
    (
        /* A run whose start moved to another day may weigh twice in the choice, never in the numbers. */
        SELECT line
        FROM runs_by_day FINAL
        WHERE until >= $__fromTime AND status IN ('COMPLETED', 'FAILED') AND $__timeFilter(ended_at)
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
            AND $__conditionalAll(line IN {{dash_service_lines}}, $service)
            AND $__conditionalAll(line IN {{dash_service_lines}}, $environment)
        GROUP BY line
        ORDER BY sum(duration_ms) DESC, line
        LIMIT 20
    )
) AS longest,
(
    SELECT groupArray((CAST(pipeline_id, 'String'), line, CAST(tenant, 'String'), CAST(project_id, 'String')))
    FROM {{dash_lines}}
    WHERE has(longest, line)
) AS pipes,
paths AS
(
    SELECT
        any(r.line) AS line,
        any(r.elapsed_ms) AS elapsed_ms,
        arrayReverseSort(groupArray((toUnixTimestamp64Milli(assumeNotNull(s.ended_at)), toUnixTimestamp64Milli(assumeNotNull(s.started_at)), s.position, toString(s.name)))) AS tries,
        /* Where no stage begins before the one before it ends, all are on the path. */
        if(arrayAll((ended, begun) -> ended <= begun, arrayPopFront(tries.1), arrayPopBack(tries.2)),
            arrayMap(a -> (a.4, a.1 - a.2), tries),
            arrayFold((acc, a) -> if(a.1 <= acc.1, (a.2, arrayPushBack(acc.2, (a.4, a.1 - a.2))), acc), tries, (toInt64(9000000000000000), CAST([], 'Array(Tuple(String, Int64))'))).2) AS path,
        arrayDistinct(path.1) AS stages
    FROM
    (
        SELECT cityHash64(tenant, project_id, pipeline_id, run_id) AS run, position, name, started_at, ended_at
        FROM attempts_by_day FINAL
        PREWHERE pipeline_id IN (SELECT arrayJoin(pipes).1)
        WHERE day >= toDate($__fromTime) - 8 AND day <= toDate($__toTime) + 1 AND started_at IS NOT NULL AND ended_at >= started_at
        UNION ALL
        SELECT cityHash64(tenant, project_id, pipeline_id, run_id) AS run, position, name, started_at, ended_at
        FROM stage_attempts FINAL
        WHERE started_at IS NOT NULL AND ended_at >= started_at AND (tenant, project_id, pipeline_id, run_id) IN
        (
            SELECT tenant, project_id, pipeline_id, run_id
            FROM runs_by_day FINAL
            WHERE until >= $__fromTime AND day < toDate($__fromTime) - 6
        )
    ) AS s
    INNER JOIN
    (
        SELECT run, any(d.line) AS line, argMax(if(d.status IN ('COMPLETED', 'FAILED') AND $__timeFilter(d.ended_at), ifNull(d.duration_ms, 0), 0), d.ver) AS elapsed_ms
        FROM runs_by_day AS d FINAL
        WHERE d.until >= $__fromTime AND d.line IN (SELECT arrayJoin(longest))
        GROUP BY run
        HAVING elapsed_ms > 0
    ) AS r ON r.run = s.run
    GROUP BY r.run
)
SELECT
    c.pipe.3 AS tenant,
    if(n.project = '', c.pipe.4, n.project) AS project,
    if(p.pipeline = '', c.pipe.1, p.pipeline) AS pipeline,
    c.stage AS stage,
    c.n AS n,
    c.runs AS runs,
    c.percentiles[1] / 1000 AS p50,
    c.percentiles[2] / 1000 AS p95,
    c.total_s / c.all_s AS share,
    page_of('pipeline', c.pipe.3, c.pipe.4, c.pipe.1) AS pipeline_url
FROM
(
    SELECT *, arrayFirst(x -> x.2 = line, pipes) AS pipe, maxIf(n, stage = '(whole run)') OVER whole AS runs, maxIf(total_s, stage = '(whole run)') OVER whole AS all_s
    FROM
    (
        SELECT line, part.1 AS stage, count() AS n,
            quantilesExactInclusive(0.5, 0.95)(part.2) AS percentiles, sum(part.2) / 1000 AS total_s
        FROM paths
        ARRAY JOIN arrayConcat(
            arrayMap((stage, spent) -> (stage, spent), stages, if(length(stages) = length(path), path.2, arrayMap(stage -> arraySum(x -> if(x.1 = stage, x.2, 0), path), stages))),
            [('(between stages)', greatest(elapsed_ms - arraySum(path.2), 0)), ('(whole run)', elapsed_ms)]) AS part
        WHERE part.2 > 0
        GROUP BY line, stage
    )
    WINDOW whole AS (PARTITION BY line)
) AS c
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.pipe.3 AND p.project_id = c.pipe.4 AND p.pipeline_id = c.pipe.1
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.pipe.3 AND n.project_id = c.pipe.4
WHERE c.stage != '(whole run)'
ORDER BY c.all_s DESC, tenant, project, pipeline, share DESC, stage
LIMIT 200
