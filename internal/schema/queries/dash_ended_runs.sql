-- Runs that completed or failed in the time range, with the names of project
-- and pipeline. queue_s: from the start of the run to the start of its first
-- stage, NULL where CodeArts gives no start of either. paused_s: for how long it
-- was seen waiting for somebody, NULL where it was over when first seen.
SELECT
    r.tenant AS tenant,
    r.project_id AS project_id,
    r.pipeline_id AS pipeline_id,
    if(n.project = '', r.project_id, n.project) AS project,
    if(p.pipeline = '', r.pipeline_id, p.pipeline) AS pipeline,
    r.run_id AS run_id,
    r.status AS status,
    r.started_at AS started_at,
    assumeNotNull(r.ended_at) AS ended_at,
    r.duration_ms / 1000 AS duration_s,
    greatest(dateDiff('millisecond', r.started_at, a.first_started_at), 0) / 1000 AS queue_s,
    w.paused_s AS paused_s
FROM
(
    SELECT *
    FROM runs FINAL
    WHERE status IN ('COMPLETED', 'FAILED') AND $__timeFilter(ended_at)
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS r
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, min(started_at) AS first_started_at
    FROM stage_attempts FINAL
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    GROUP BY tenant, project_id, pipeline_id, run_id
) AS a ON a.tenant = r.tenant AND a.project_id = r.project_id AND a.pipeline_id = r.pipeline_id AND a.run_id = r.run_id
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, paused_s
    FROM run_pauses
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS w ON w.tenant = r.tenant AND w.project_id = r.project_id AND w.pipeline_id = r.pipeline_id AND w.run_id = r.run_id
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = r.tenant AND p.project_id = r.project_id AND p.pipeline_id = r.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.tenant AND n.project_id = r.project_id
