-- Size of every repository as a share of the limit of 30,720 MB.
SELECT s.tenant AS tenant, if(n.project = '', s.project_id, n.project) AS project, s.name AS repository, s.size_mb / 30720 AS value
FROM {{dash_repository_sizes}} AS s
LEFT JOIN {{dash_projects}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
