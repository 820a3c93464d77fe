-- Days until a repository reaches the limit of 30,720 MB by the trend of its
-- daily sizes. Without a trend, or one that does not grow, it has no row.
SELECT tenant, project, repository, assumeNotNull(days_left) AS value
FROM {{dash_repository_forecast}}
WHERE days_left IS NOT NULL
