-- Runs that are not over: every status but COMPLETED, FAILED, CANCELED and
-- IGNORED. A paused run waits for somebody and may do so for days.
WITH {{run_page}} AS page, {{page_of}} AS page_of
SELECT
    r.tenant AS tenant,
    if(n.project = '', r.project_id, n.project) AS project,
    if(p.pipeline = '', r.pipeline_id, p.pipeline) AS pipeline,
    r.run_number AS run_number,
    r.status AS status,
    r.started_at AS started_at,
    dateDiff('second', r.started_at, {{dash_as_of}}) AS age_s,
    r.trigger_type AS trigger_type,
    r.target_branch AS branch,
    r.executor_name AS executor,
    page(r.detail_url, r.tenant, r.project_id, r.pipeline_id, r.run_id) AS url,
    page_of('pipeline', r.tenant, r.project_id, r.pipeline_id) AS pipeline_url
FROM
(
    SELECT *
    FROM open_runs_as_of(as_of = {{dash_as_of}})
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
        AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
) AS r
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = r.tenant AND p.project_id = r.project_id AND p.pipeline_id = r.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.tenant AND n.project_id = r.project_id
ORDER BY age_s DESC, tenant, project, pipeline, run_number
LIMIT 1000
