-- The pipelines, as lines in runs_by_day, that deploy a chosen service to a chosen
-- environment. Only asked where one is chosen: others deploy nothing.
SELECT cityHash64(tenant, project_id, pipeline_id)
FROM judged_pipelines
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force)
    AND $__conditionalAll(service IN (${service:singlequote}), $service)
    AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
