-- Projects of the chosen tenants: the id is the value, the name the text. A
-- name that two tenants use is followed by its tenant.
SELECT project_id, if(uniqExact(tenant) OVER (PARTITION BY project) > 1, concat(project, ' (', tenant, ')'), project) AS text
FROM {{dash_projects}}
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
ORDER BY text, project_id
