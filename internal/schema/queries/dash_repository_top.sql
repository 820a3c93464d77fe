-- The 15 largest repositories as of the end of the time range, or now. CodeArts
-- allows 30,720 MB for one repository: orange from 70 % of it, red from 90 %.
SELECT if(uniqExact(s.tenant, s.project_id) OVER (PARTITION BY s.name) > 1, concat(s.name, ' (', if(n.project = '', s.project_id, n.project), ')'), s.name) AS repository, s.size_mb AS capacity_mb
FROM {{dash_repository_sizes}} AS s
LEFT JOIN {{dash_project_names}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
ORDER BY capacity_mb DESC, repository
LIMIT 15
