-- Steps by their failures in the time range: of n executions that ended in
-- success or failure, of all pipelines that have a step of this name in a
-- stage of this name. Share: of all failed steps; cumulated: of this step and
-- those above. A retry of a run overwrites the steps of the first try in
-- CodeArts, so this is a lower bound. The message is the newest one. Executions are
-- counted by a number for the two names, made of checksums that ClickHouse computes
-- once for each name that there is; names are read of failures alone.
WITH (stage, name, task) -> toUInt64(CRC64(stage)) * 11400714819323198485 + if(name = '', toUInt64(CRC64(task)), toUInt64(CRC64(name))) AS number
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
    SELECT f.*, e.n AS n
    FROM
    (
        SELECT
            number(s.stage_name, s.name, s.task) AS key,
            any(s.stage_name) AS stage,
            any(if(s.name = '', s.task, s.name)) AS step,
            count() AS failed,
            uniqExact((s.tenant, s.project_id, s.pipeline_id)) AS pipelines,
            argMaxIf(s.message, s.ended_at, s.message != '') AS message,
            max(s.ended_at) AS last_failed_at
        FROM steps AS s FINAL
        WHERE s.status IN ('FAILED', 'ASYNC_FAILED') AND $__timeFilter(s.ended_at)
            AND $__conditionalAll(s.tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(s.project_id IN (${project:singlequote}), $project)
            AND $__conditionalAll(cityHash64(s.tenant, s.project_id, s.pipeline_id) IN {{dash_service_lines}}, $service)
            AND $__conditionalAll(cityHash64(s.tenant, s.project_id, s.pipeline_id) IN {{dash_service_lines}}, $environment)
        GROUP BY key
    ) AS f
    INNER JOIN
    (
        SELECT number(s.stage_name, s.name, s.task) AS key, count() AS n
        FROM steps AS s FINAL
        WHERE s.status IN ('COMPLETED', 'FAILED', 'ASYNC_FAILED') AND $__timeFilter(s.ended_at)
            AND $__conditionalAll(s.tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(s.project_id IN (${project:singlequote}), $project)
            AND $__conditionalAll(cityHash64(s.tenant, s.project_id, s.pipeline_id) IN {{dash_service_lines}}, $service)
            AND $__conditionalAll(cityHash64(s.tenant, s.project_id, s.pipeline_id) IN {{dash_service_lines}}, $environment)
        GROUP BY key
    ) AS e ON e.key = f.key
)
ORDER BY failed DESC, stage, step
LIMIT 100
