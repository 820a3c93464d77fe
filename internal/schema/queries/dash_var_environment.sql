-- Environments that deployment rules know, of the chosen tenants and projects.
SELECT DISTINCT environment
FROM deployments
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
ORDER BY environment
