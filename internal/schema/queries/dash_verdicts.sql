-- Attempts of stages that ended in success or failure, with the names of
-- project and pipeline.
SELECT
    a.tenant AS tenant,
    a.project_id AS project_id,
    if(n.project = '', a.project_id, n.project) AS project_name,
    a.pipeline_id AS pipeline_id,
    if(p.pipeline = '', a.pipeline_id, p.pipeline) AS pipeline_name,
    a.name AS stage,
    assumeNotNull(a.ended_at) AS finished_at,
    a.duration_ms AS duration_ms,
    CAST(a.status, 'String') = 'FAILED' AS failed
FROM
(
    SELECT *
    FROM stage_attempts FINAL
    WHERE status IN ('COMPLETED', 'FAILED') AND ended_at IS NOT NULL
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS a
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = a.tenant AND p.project_id = a.project_id AND p.pipeline_id = a.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = a.tenant AND n.project_id = a.project_id
