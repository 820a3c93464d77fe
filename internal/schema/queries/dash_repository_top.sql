-- The 15 largest repositories as last seen. CodeArts allows 30,720 MB for one
-- repository: orange from 70 % of it, red from 90 %.
SELECT if(uniqExact(tenant, project_id) OVER (PARTITION BY name) > 1, concat(name, ' (', project_name, ')'), name) AS repository, capacity_mb
FROM repositories FINAL
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
ORDER BY capacity_mb DESC, repository
LIMIT 15
