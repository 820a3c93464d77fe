-- Growth of each repository over the last 30 days: size now less the size that
-- held 30 days ago. A repository that was seen first after that is compared
-- with its first size, and the column "since" says from when. Growth per day
-- needs at least one day.
SELECT
    r.tenant AS tenant,
    if(n.project = '', r.project_id, n.project) AS project,
    r.name AS repository,
    r.capacity_mb AS size_mb,
    round(r.capacity_mb - s.base.2, 3) AS growth_mb,
    if(s.base.2 = 0, NULL, growth_mb / s.base.2) AS growth_ratio,
    if(days < 1, NULL, growth_mb / days) AS per_day_mb,
    greatest(s.base.1, now64(3) - INTERVAL 30 DAY) AS since,
    dateDiff('second', since, now64(3)) / 86400 AS days,
    r.member_number AS members
FROM
(
    SELECT * FROM repositories FINAL
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS r
INNER JOIN
(
    SELECT
        tenant,
        repository_id,
        if(countIf(observed_at <= now64(3) - INTERVAL 30 DAY) > 0,
            argMaxIf((observed_at, capacity_mb), ver, observed_at <= now64(3) - INTERVAL 30 DAY),
            argMin((observed_at, capacity_mb), ver)) AS base
    FROM repository_sizes FINAL
    GROUP BY tenant, repository_id
) AS s ON s.tenant = r.tenant AND s.repository_id = r.repository_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.tenant AND n.project_id = r.project_id
ORDER BY growth_mb DESC, tenant, project, repository
LIMIT 200
