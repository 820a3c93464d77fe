-- Services that deployment rules know, of the chosen tenants and projects.
SELECT DISTINCT service
FROM judged_pipelines
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
ORDER BY service
