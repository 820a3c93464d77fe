-- Days until a repository reaches the 30,720 MB that CodeArts allows by the trend
-- of its daily sizes, where they are fewer than the limit (repository_days).
-- Without a trend, or one that does not grow, it has no row; one that is full has
-- a hundredth of a day, as 0 would be no alert.
WITH {{limit_of}} AS limit_of, limit_of('repository_days', tenant, project) AS bound
SELECT tenant, project_id, project, toString(repository_id) AS repository_id, repository, repository_url AS url, assumeNotNull(if(size_mb >= 30720, 0.01, (30720 - size_mb) / trend)) AS value
FROM {{dash_repository_trends}}
WHERE (size_mb >= 30720 OR trend > 0) AND value < bound
