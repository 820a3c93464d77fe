-- Steps by their failures in the time range: of n executions that ended in
-- success or failure, of all pipelines that have a step of this name in a
-- stage of this name. Share: of all failed steps; cumulated: of this step and
-- those above. A retry of a run overwrites the steps of the first try in
-- CodeArts, so this is a lower bound. The message is the newest one. Grouped by
-- checksums, which ClickHouse computes once for each name that there is.
SELECT
    stage,
    step,
    failed,
    n,
    failed / n AS fail_ratio,
    pipelines,
    failed / sum(failed) OVER () AS share,
    sum(failed) OVER (ORDER BY failed DESC, stage, step ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) / sum(failed) OVER () AS cumulated,
    message,
    last_failed_at
FROM
(
    SELECT
        any(s.stage_name) AS stage,
        any(if(s.name = '', s.task, s.name)) AS step,
        countIf(s.status IN ('FAILED', 'ASYNC_FAILED')) AS failed,
        count() AS n,
        uniqExactIf((s.tenant, s.project_id, s.pipeline_id), s.status IN ('FAILED', 'ASYNC_FAILED')) AS pipelines,
        argMaxIf(s.message, s.ended_at, s.status IN ('FAILED', 'ASYNC_FAILED') AND s.message != '') AS message,
        maxIf(s.ended_at, s.status IN ('FAILED', 'ASYNC_FAILED')) AS last_failed_at
    FROM steps AS s FINAL
    WHERE s.status IN ('COMPLETED', 'FAILED', 'ASYNC_FAILED') AND $__timeFilter(s.ended_at)
        AND $__conditionalAll(s.tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(s.project_id IN (${project:singlequote}), $project)
    GROUP BY toUInt64(CRC64(s.stage_name)), toUInt64(CRC64(if(s.name = '', s.task, s.name)))
    HAVING failed > 0
)
ORDER BY failed DESC, stage, step
LIMIT 100
