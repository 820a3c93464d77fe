-- Stages by their failed attempts in the time range: of n attempts that ended in
-- success or failure. Share: of all failed attempts; cumulated: of this stage
-- and those above. Minutes: the time that the failed attempts took.
SELECT
    tenant,
    project,
    pipeline,
    stage,
    failed,
    n,
    failed / n AS fail_ratio,
    failed_s,
    failed / sum(failed) OVER () AS share,
    sum(failed) OVER (ORDER BY failed DESC, tenant, project, pipeline, stage ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) / sum(failed) OVER () AS cumulated
FROM
(
    SELECT
        tenant,
        any(project_name) AS project,
        any(pipeline_name) AS pipeline,
        stage,
        countIf(a.failed) AS failed,
        count() AS n,
        sumIf(duration_ms, a.failed) / 1000 AS failed_s
    FROM {{dash_verdicts}} AS a
    WHERE $__timeFilter(finished_at)
    GROUP BY tenant, project_id, pipeline_id, stage
    HAVING failed > 0
)
ORDER BY failed DESC, tenant, project, pipeline, stage
LIMIT 100
