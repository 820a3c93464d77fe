-- Jumps of a repository's size in the time range: an observed change of at least
-- 10 MB that is more than five times the usual one of that repository, the
-- median of its other changes up to the end of the time range. With fewer than
-- 3 others nothing is usual yet, and each change of 10 MB counts. It happened
-- between the last complete list before it, if that is known, and the time at
-- which it was seen. CodeArts does not say who did it.
SELECT
    c.observed_at AS seen_at,
    if(b.finished_at = 0, NULL, fromUnixTimestamp64Milli(b.finished_at, 'UTC')) AS after,
    c.tenant AS tenant,
    if(n.project = '', c.project_id, n.project) AS project,
    c.name AS repository,
    c.change_mb AS change_mb,
    if(length(c.others) < 3, NULL, arrayReduce('quantileExactInclusive(0.5)', c.others)) AS usual_mb,
    length(c.others) AS n,
    c.capacity_mb AS size_mb
FROM
(
    SELECT
        tenant,
        jump.1 AS observed_at, jump.2 AS seen_ms, jump.3 AS ver, jump.4 AS project_id, jump.5 AS name, jump.6 AS capacity_mb, jump.7 AS change_mb,
        arrayFilter((x, v) -> v != ver, all_changes.1, all_changes.2) AS others
    FROM
    (
        SELECT
            tenant,
            groupArray((abs(change_mb), ver)) AS all_changes,
            groupArrayIf((observed_at, seen_ms, ver, project_id, name, capacity_mb, change_mb), abs(change_mb) >= 10 AND $__timeFilter(observed_at)) AS jumps
        FROM
        (
            SELECT *, toUnixTimestamp64Milli(observed_at) AS seen_ms, round(capacity_mb - before.1, 3) AS change_mb
            FROM
            (
                SELECT *, lagInFrame((capacity_mb, 1), 1, (0., 0)) OVER (PARTITION BY tenant, repository_id ORDER BY ver ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
                FROM repository_sizes FINAL
                WHERE observed_at <= {{dash_as_of}} AND op NOT IN ('deleted', 'expired')
                    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
                    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
            )
            WHERE before.2 = 1 AND change_mb != 0
        )
        GROUP BY tenant, repository_id
    )
    ARRAY JOIN jumps AS jump
) AS c
ASOF LEFT JOIN
(
    SELECT tenant, toUnixTimestamp64Milli(assumeNotNull(polls.finished_at)) AS finished_at
    FROM polls FINAL
    WHERE poller = 'repositories' AND last AND complete AND errors = 0 AND polls.finished_at IS NOT NULL
) AS b ON b.tenant = c.tenant AND c.seen_ms > b.finished_at
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
WHERE (usual_mb IS NULL OR abs(c.change_mb) > 5 * usual_mb)
ORDER BY seen_at DESC, tenant, project, repository
LIMIT 200
