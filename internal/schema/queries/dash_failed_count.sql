-- Stages that are red: the last attempt that ended in success or failure failed, on
-- that branch. Only a success of the stage on this branch takes it off the list, or
-- 30 days without another failure, or that its pipeline is deleted, or that the stage
-- is gone: the newest run of the branch that has completed or failed does not list it.
SELECT count() AS stages
FROM failed_stages_as_of(as_of = {{dash_as_of}})
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
