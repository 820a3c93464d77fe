-- Changes that wait for a deployment at the end of the time range.
SELECT *
FROM dora_undeployed(since = $__fromTime, as_of = {{dash_as_of}}) AS j
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(service IN (${service:singlequote}), $service)
    AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
