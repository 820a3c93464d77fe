-- The 15 repositories that grew most in the 30 days before the end of the time
-- range, or now. Those that were not watched for 30 days are not judged.
SELECT
    if(uniqExact(tenant, project) OVER (PARTITION BY repository) > 1,
        concat(repository, ' (', project, if(uniqExact(tenant) OVER (PARTITION BY repository, project) > 1, concat(', ', tenant), ''), ')'), repository) AS name,
    growth_month_mb
FROM {{dash_repository_forecast}}
WHERE growth_month_mb > 0
ORDER BY growth_month_mb DESC, name
LIMIT 15
