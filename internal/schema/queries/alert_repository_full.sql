-- Sizes of repositories as a share of the 30,720 MB that CodeArts allows, where
-- it has reached the limit (repository_percent).
WITH {{page_of}} AS page_of, {{limit_of}} AS limit_of, limit_of('repository_percent', tenant, project) AS bound
SELECT s.tenant AS tenant, s.project_id AS project_id, if(n.project = '', s.project_id, n.project) AS project, toString(s.repository_id) AS repository_id, s.name AS repository, page_of('repository', s.tenant, s.project_id, s.repository_id) AS url, s.size_mb / 30720 AS value
FROM {{dash_repository_sizes}} AS s
LEFT JOIN {{dash_projects}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
WHERE value * 100 >= bound
