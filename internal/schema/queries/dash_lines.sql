-- Whose the numbers of pipelines are (line in runs_by_day) that had a run.
SELECT DISTINCT cityHash64(tenant, project_id, pipeline_id) AS line, tenant, project_id, pipeline_id
FROM run_pipelines
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
