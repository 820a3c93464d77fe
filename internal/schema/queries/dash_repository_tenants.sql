-- Size of all repositories of a tenant as of the end of the time range, or now,
-- how many they are, how many of them are frozen, closed or being removed, and
-- what the total was one and 30 days before. A total of then is unknown where
-- the first repository of the tenant was seen later. Deleted repositories are
-- not in the totals: their space is not counted as shrinking.
SELECT
    tenant,
    sum(size_mb) AS total_mb,
    count() AS repositories,
    countIf(status != 0) AS not_normal,
    if(min(first_seen_at) > any(as_of) - 86400, NULL, round(sum(size_mb) - sumIf(sizes[indexOf(days, 1)], has(days, 1)), 3)) AS growth_day_mb,
    if(min(first_seen_at) > any(as_of) - 30 * 86400, NULL, round(sum(size_mb) - sumIf(sizes[indexOf(days, 30)], has(days, 30)), 3)) AS growth_month_mb,
    countIf(NOT has(days, 30)) AS new_repositories,
    max(size_mb) AS largest_mb,
    sum(member_number) AS memberships
FROM {{dash_repository_sizes}}
GROUP BY tenant
ORDER BY total_mb DESC, tenant
