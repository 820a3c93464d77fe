-- Stages by their failed attempts in the time range: of n attempts that ended in
-- success or failure. Share: of all failed attempts; cumulated: of this stage
-- and those above. Minutes: the time that the failed attempts took.
WITH ({{dash_names_number}}) AS number, {{page_of}} AS page_of
SELECT
    s.tenant AS tenant,
    if(n.project = '', s.project_id, n.project) AS project,
    if(p.pipeline = '', s.pipeline_id, p.pipeline) AS pipeline,
    s.stage AS stage,
    s.failed AS failed,
    s.n AS n,
    s.failed / s.n AS fail_ratio,
    s.failed_ms / 1000 AS failed_s,
    s.failed / sum(s.failed) OVER () AS share,
    sum(s.failed) OVER (ORDER BY failed DESC, tenant, project, pipeline, stage ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) / sum(s.failed) OVER () AS cumulated,
    page_of('pipeline', s.tenant, s.project_id, s.pipeline_id) AS pipeline_url
FROM
(
    SELECT
        number(a.tenant, a.project_id, a.pipeline_id) + toUInt64(CRC64(a.name)) * 104729 AS key,
        any(a.tenant) AS tenant, any(a.project_id) AS project_id, any(a.pipeline_id) AS pipeline_id, any(a.name) AS stage,
        countIf(status = 'FAILED') AS failed, count() AS n, sumIf(duration_ms, status = 'FAILED') AS failed_ms
    FROM attempts_by_day AS a FINAL
    WHERE status IN ('COMPLETED', 'FAILED') AND $__timeFilter(ended_at)
        AND $__conditionalAll(a.tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(a.project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(cityHash64(a.tenant, a.project_id, a.pipeline_id) IN {{dash_service_lines}}, $service)
        AND $__conditionalAll(cityHash64(a.tenant, a.project_id, a.pipeline_id) IN {{dash_service_lines}}, $environment)
    GROUP BY key
    HAVING failed > 0
) AS s
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = s.tenant AND p.project_id = s.project_id AND p.pipeline_id = s.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
ORDER BY failed DESC, tenant, project, pipeline, stage
LIMIT 100
