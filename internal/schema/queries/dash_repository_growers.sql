-- The 15 repositories that grew most in the 30 days before the end of the time
-- range, or now. Those that were not watched for 30 days are not judged.
WITH if(n.project = '', s.project_id, n.project) AS project
SELECT
    if(uniqExact(s.tenant, project) OVER (PARTITION BY s.name) > 1,
        concat(s.name, ' (', project, if(uniqExact(s.tenant) OVER (PARTITION BY s.name, project) > 1, concat(', ', s.tenant), ''), ')'), s.name) AS name,
    round(s.size_mb - s.sizes[indexOf(s.days, 30)], 3) AS growth_month_mb
FROM {{dash_repository_sizes}} AS s
LEFT JOIN {{dash_projects}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
WHERE has(s.days, 30) AND growth_month_mb > 0
ORDER BY growth_month_mb DESC, name
LIMIT 15
