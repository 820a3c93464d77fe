-- Jumps of a repository's size in the time range: an observed change of at least
-- 10 MB that is more than five times the usual one of that repository, the
-- median of its other changes up to the end of the time range. With fewer than
-- 3 others nothing is usual yet, and each change of 10 MB counts. It happened
-- between the last complete list before it, if that is known, and the time at
-- which it was seen. CodeArts does not say who did it; commits of that time, with
-- authors and how many, are known where the poller commits is on.
WITH {{page_of}} AS page_of,
(
    SELECT groupArrayArray(jumps)
    FROM
    (
        SELECT
            groupArray(repository_sizes.ver) AS seen,
            arraySort(seen) AS versions,
            arraySort((at, v) -> v, groupArray(repository_sizes.observed_at), seen) AS times,
            arrayMap(d -> round(d, 3), arrayDifference(arraySort((mb, v) -> v, groupArray(repository_sizes.capacity_mb), seen))) AS changes,
            arraySort(arrayFilter(c -> c > 0, arrayMap(c -> abs(c), changes))) AS amounts,
            /* Above the median of the others, a change stands behind what that is read off: it need not be taken out. */
            greatest(toInt64(length(amounts)) - 1, 0) AS others,
            (others >= 3) * (amounts[intDiv(others + 1, 2)] + amounts[intDiv(others, 2) + 1]) / 2 AS usual,
            arrayFilter((i, c, at) -> abs(c) >= 10 AND abs(c) > 5 * usual AND $__timeFilter(at), arrayEnumerate(changes), changes, times) AS steps,
            arrayMap(i -> (versions[i], changes[i], usual, others, CAST(tenant, 'String'), toString(repository_id)), steps) AS jumps
        FROM repository_sizes FINAL
        WHERE observed_at <= {{dash_as_of}} AND op NOT IN ('deleted', 'expired')
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        GROUP BY tenant, repository_id
    )
) AS found,
    arrayFilter(c -> b.finished_at > 0 AND c.1 > after AND c.1 <= s.observed_at, m.made).2 AS authors
SELECT
    s.observed_at AS seen_at,
    if(b.finished_at = 0, NULL, fromUnixTimestamp64Milli(b.finished_at, 'UTC')) AS after,
    s.tenant AS tenant,
    if(n.project = '', s.project_id, n.project) AS project,
    s.name AS repository,
    s.change_mb AS change_mb,
    if(s.others < 3, NULL, s.usual) AS usual_mb,
    s.others AS n,
    s.capacity_mb AS size_mb,
    arrayStringConcat(arrayMap(a -> concat(a, ' (', toString(countEqual(authors, a)), ')'), arraySort(a -> (-countEqual(authors, a), a), arrayDistinct(authors))), ', ') AS committed_by,
    page_of('repository', s.tenant, s.project_id, s.repository_id) AS repository_url
FROM
(
    SELECT s.*, toUnixTimestamp64Milli(s.observed_at) AS seen_ms, j.change_mb AS change_mb, j.usual AS usual, j.others AS others
    FROM (SELECT * FROM repository_sizes FINAL PREWHERE ver IN (SELECT arrayJoin(found).1)) AS s
    INNER JOIN (SELECT jump.1 AS ver, jump.2 AS change_mb, jump.3 AS usual, jump.4 AS others FROM (SELECT arrayJoin(found) AS jump)) AS j ON j.ver = s.ver
) AS s
ASOF LEFT JOIN
(
    SELECT tenant, toUnixTimestamp64Milli(assumeNotNull(polls.finished_at)) AS finished_at
    FROM {{dash_polls}} AS polls
    WHERE scope = '_tenant' AND poller = 'repositories' AND last AND complete AND errors = 0 AND polls.finished_at IS NOT NULL
) AS b ON b.tenant = s.tenant AND s.seen_ms > b.finished_at
LEFT JOIN
(
    SELECT tenant, repository_id, groupArray((committed_at, CAST(author_name, 'String'))) AS made
    FROM commits
    WHERE (tenant, repository_id) IN (SELECT jump.5, jump.6 FROM (SELECT arrayJoin(found) AS jump))
    GROUP BY tenant, repository_id
) AS m ON m.tenant = s.tenant AND m.repository_id = toString(s.repository_id)
LEFT JOIN {{dash_projects}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
ORDER BY seen_at DESC, tenant, project, repository
LIMIT 200
