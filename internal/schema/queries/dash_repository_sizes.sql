-- Sizes of repositories as of the end of the time range, or now: the last
-- observed state, and the size at the end of each of the 31 days up to it
-- (day 0 is the end; a size holds until the next observation). Days before the
-- repository was first seen are not there. Of each day the last observation
-- counts (its age is the whole days before as_of), and of all before those days
-- too. Rows that are stored twice change nothing.
SELECT
    s.tenant AS tenant,
    s.repository_id AS repository_id,
    {{dash_as_of}} AS as_of,
    n.project_id AS project_id,
    n.name AS name,
    n.capacity_mb AS size_mb,
    n.member_number AS member_number,
    n.status AS status,
    s.first_seen_at AS first_seen_at,
    s.first_mb AS first_mb,
    arrayFilter(d -> as_of - d * 86400 >= toDateTime(s.first_seen_at), range(31)) AS days,
    arrayMap(d -> arrayFirst(o -> o.1 >= d, s.observed).2, days) AS sizes
FROM
(
    SELECT tenant, repository_id, min(first_at) AS first_seen_at, argMax(first_mb, age) AS first_mb, arraySort(groupArray((age, last_mb))) AS observed
    FROM
    (
        SELECT
            tenant,
            repository_id,
            least(intDiv(toUnixTimestamp({{dash_as_of}}) - toUnixTimestamp(observed_at), 86400), 31) AS age,
            min(observed_at) AS first_at,
            argMin(capacity_mb, observed_at) AS first_mb,
            argMax(capacity_mb, observed_at) AS last_mb
        FROM repository_sizes
        WHERE observed_at <= {{dash_as_of}}
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        GROUP BY tenant, repository_id, age
    )
    GROUP BY tenant, repository_id
) AS s
INNER JOIN
(
    SELECT tenant, repository_id, project_id, name, capacity_mb, member_number, status, op
    FROM repository_sizes
    WHERE observed_at <= {{dash_as_of}}
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    ORDER BY tenant DESC, repository_id DESC, observed_at DESC, ver DESC
    LIMIT 1 BY tenant, repository_id
) AS n ON n.tenant = s.tenant AND n.repository_id = s.repository_id
WHERE n.op NOT IN ('deleted', 'expired')
