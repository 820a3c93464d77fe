-- Every repository as of the end of the time range, or now, with its growth and
-- the trend of its last 31 daily sizes: the median of the slopes between all
-- pairs of them (Theil-Sen), from 8 days on, and the ends of the 90 % band of
-- the slopes (Sen). What is not known yet is NULL, as is what an array of slopes
-- does not have: an if around them would compute them for each of its uses.
WITH {{page_of}} AS page_of
SELECT
    s.tenant AS tenant,
    s.project_id AS project_id,
    if(p.project = '', s.project_id, p.project) AS project,
    s.repository_id AS repository_id,
    s.name AS repository,
    s.size_mb AS size_mb,
    s.growth_day_mb AS growth_day_mb,
    s.growth_month_mb AS growth_month_mb,
    s.trend AS trend,
    s.slowest AS slowest,
    s.fastest AS fastest,
    s.points AS n,
    s.member_number AS members,
    s.status AS status,
    page_of('repository', s.tenant, s.project_id, s.repository_id) AS repository_url
FROM
(
    WITH
        length(days) AS points,
        length(slopes) AS pairs,
        1.645 * sqrt(points * (points - 1) * (2 * points + 5) / 18) AS spread
    SELECT
        tenant, repository_id, project_id, name, size_mb, member_number, status, points,
        if(has(days, 1), round(size_mb - sizes[indexOf(days, 1)], 3), NULL) AS growth_day_mb,
        if(has(days, 30), round(size_mb - sizes[indexOf(days, 30)], 3), NULL) AS growth_month_mb,
        (slopes[intDiv(pairs + 1, 2)] + slopes[intDiv(pairs, 2) + 1]) / 2 AS trend,
        slopes[greatest(toInt64(floor((pairs - spread) / 2)), 1)] AS slowest,
        slopes[least(toInt64(ceil((pairs + spread) / 2)) + 1, pairs)] AS fastest
    FROM
    (
        SELECT
            *,
            if(length(days) < 8, [], range(1, length(days) + 1)) AS ends,
            arraySort(arrayFlatten(arrayMap(i -> arrayMap(j -> (sizes[i] - sizes[j]) / (days[j] - days[i]), range(i + 1, length(days) + 1)), ends)))::Array(Nullable(Float64)) AS slopes
        FROM {{dash_repository_sizes}}
    )
) AS s
LEFT JOIN {{dash_projects}} AS p ON p.tenant = s.tenant AND p.project_id = s.project_id
