-- Failed stages of the newest run of every pipeline, while that run is failed.
-- A newer run, or a retry of the same one, takes the pipeline off the list.
SELECT count() AS stages
FROM failed_stages_as_of(as_of = {{dash_as_of}})
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
