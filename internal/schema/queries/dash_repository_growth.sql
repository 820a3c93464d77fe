-- Growth of each repository over the 30 days before the end of the time range,
-- or now: size then less the size that held 30 days before. A repository that
-- was seen first after that is compared with its first size, and the column
-- "since" says from when. Growth per day needs at least one day.
WITH {{page_of}} AS page_of, if(has(s.days, 30), s.sizes[indexOf(s.days, 30)], s.first_mb) AS base_mb
SELECT
    s.tenant AS tenant,
    if(n.project = '', s.project_id, n.project) AS project,
    s.name AS repository,
    s.size_mb AS size_mb,
    round(s.size_mb - base_mb, 3) AS growth_mb,
    if(base_mb = 0, NULL, growth_mb / base_mb) AS growth_ratio,
    if(days < 1, NULL, growth_mb / days) AS per_day_mb,
    greatest(s.first_seen_at, s.as_of - INTERVAL 30 DAY) AS since,
    dateDiff('second', since, s.as_of) / 86400 AS days,
    s.member_number AS members,
    page_of('repository', s.tenant, s.project_id, s.repository_id) AS repository_url
FROM {{dash_repository_sizes}} AS s
LEFT JOIN {{dash_projects}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
ORDER BY growth_mb DESC, tenant, project, repository
LIMIT 200
