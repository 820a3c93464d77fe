-- Days until a repository reaches the limit of 30,720 MB by the trend of its
-- daily sizes. Without a trend, or one that does not grow, it has no row.
SELECT tenant, project, repository, assumeNotNull(if(size_mb >= 30720, 0, (30720 - size_mb) / trend)) AS value
FROM {{dash_repository_trends}}
WHERE size_mb >= 30720 OR trend > 0
