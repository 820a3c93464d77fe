-- Repositories as of the end of the time range, or now, the nearest to the
-- limit first. CodeArts allows 30,720 MB for one repository. Growth is the size
-- less that of one and of 30 days before, unknown where it was not watched for
-- that long. The trend is the median of the slopes between all pairs of the
-- last 31 daily sizes (Theil-Sen), from 8 days on: one jump does not bend it.
-- Days to the limit go by the trend; soonest and latest by the 90 % band of the
-- slopes (Sen), which takes the days as independent. No date: the trend, or that
-- end of the band, does not grow, or is not known yet.
WITH greatest(30720 - s.size_mb, 0) AS room
SELECT
    s.tenant AS tenant,
    s.project AS project,
    s.repository AS repository,
    s.size_mb AS size_mb,
    s.size_mb / 30720 AS used,
    s.growth_day_mb AS growth_day_mb,
    s.growth_month_mb AS growth_month_mb,
    s.trend AS per_day_mb,
    if(room = 0, 0, if(s.trend > 0, room / s.trend, NULL)) AS days_left,
    if(room = 0, 0, if(s.fastest > 0, room / s.fastest, NULL)) AS soonest,
    if(room = 0, 0, if(s.slowest > 0, room / s.slowest, NULL)) AS latest,
    s.n AS n,
    s.members AS members,
    multiIf(s.status = 0, 'normal', s.status = 3, 'frozen', s.status = 4, 'closed', s.status = 5, 'clearing', s.status = 7, 'deleting', concat('status ', toString(s.status))) AS state,
    multiIf(l.locked IS NULL, 'unknown', l.locked, 'locked', 'no') AS locked,
    s.repository_url AS repository_url
FROM {{dash_repository_trends}} AS s
LEFT JOIN
(
    SELECT tenant, repository_id, locked
    FROM repository_locks FINAL
    WHERE observed_at <= {{dash_as_of}}
    ORDER BY ver DESC
    LIMIT 1 BY tenant, repository_id
) AS l ON l.tenant = s.tenant AND l.repository_id = s.repository_id
ORDER BY days_left ASC NULLS LAST, size_mb DESC, tenant, project, repository
LIMIT 500
