-- Repositories as of the end of the time range, or now, the nearest to the
-- limit first. CodeArts allows 30,720 MB for one repository. Growth is the size
-- less that of one and of 30 days before, unknown where it was not watched for
-- that long. The trend is the median of the slopes between all pairs of the
-- last 31 daily sizes (Theil-Sen), from 8 days on: one jump does not bend it.
-- Days to the limit go by the trend; soonest and latest by the 90 % band of the
-- slopes (Sen), which takes the days as independent. No date: the trend, or that
-- end of the band, does not grow, or is not known yet.
WITH
    length(s.days) AS points,
    length(slopes) AS pairs,
    1.645 * sqrt(points * (points - 1) * (2 * points + 5) / 18) AS spread,
    if(points < 8, NULL, arrayReduce('quantileExactInclusive(0.5)', slopes)) AS trend,
    if(points < 8, NULL, slopes[greatest(toInt64(floor((pairs - spread) / 2)), 1)]) AS slowest,
    if(points < 8, NULL, slopes[least(toInt64(ceil((pairs + spread) / 2)) + 1, pairs)]) AS fastest,
    greatest(30720 - s.size_mb, 0) AS room
SELECT
    s.tenant AS tenant,
    if(p.project = '', s.project_id, p.project) AS project,
    s.name AS repository,
    s.size_mb AS size_mb,
    s.size_mb / 30720 AS used,
    if(has(s.days, 1), round(s.size_mb - s.sizes[indexOf(s.days, 1)], 3), NULL) AS growth_day_mb,
    if(has(s.days, 30), round(s.size_mb - s.sizes[indexOf(s.days, 30)], 3), NULL) AS growth_month_mb,
    trend AS per_day_mb,
    if(room = 0, 0, if(trend > 0, room / trend, NULL)) AS days_left,
    if(room = 0, 0, if(fastest > 0, room / fastest, NULL)) AS soonest,
    if(room = 0, 0, if(slowest > 0, room / slowest, NULL)) AS latest,
    points AS n,
    s.member_number AS members,
    multiIf(s.status = 0, 'normal', s.status = 3, 'frozen', s.status = 4, 'closed', s.status = 5, 'clearing', s.status = 7, 'deleting', concat('status ', toString(s.status))) AS state,
    multiIf(l.locked IS NULL, 'unknown', l.locked, 'locked', 'no') AS locked
FROM
(
    SELECT
        *,
        arraySort(arrayFlatten(arrayMap(i -> arrayMap(j -> (sizes[i] - sizes[j]) / (days[j] - days[i]), range(i + 1, length(days) + 1)), range(1, length(days) + 1)))) AS slopes
    FROM {{dash_repository_sizes}}
) AS s
LEFT JOIN
(
    SELECT tenant, repository_id, locked
    FROM repository_locks FINAL
    WHERE observed_at <= {{dash_as_of}}
    ORDER BY ver DESC
    LIMIT 1 BY tenant, repository_id
) AS l ON l.tenant = s.tenant AND l.repository_id = s.repository_id
LEFT JOIN {{dash_projects}} AS p ON p.tenant = s.tenant AND p.project_id = s.project_id
ORDER BY days_left ASC NULLS LAST, size_mb DESC, tenant, project, repository
LIMIT 500
