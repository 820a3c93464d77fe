-- Sizes of repositories as of the end of the time range, or now: the last
-- observed state, and the size at the end of each of the 31 days up to it
-- (day 0 is the end; a size holds until the next observation). Days before the
-- repository was first seen are not there. Of what is older than those days the
-- last observation counts.
SELECT
    tenant,
    repository_id,
    as_of,
    now_state.1 AS project_id,
    now_state.2 AS name,
    now_state.3 AS size_mb,
    now_state.4 AS member_number,
    now_state.5 AS status,
    first_seen_at,
    first_mb,
    arrayFilter(d -> as_of - d * 86400 >= toDateTime(first_seen_at), range(31)) AS days,
    arrayMap(d -> arrayLast(o -> toDateTime(o.1) <= as_of - d * 86400, observed).3, days) AS sizes
FROM
(
    WITH observed_at < {{dash_as_of}} - INTERVAL 31 DAY AS is_old
    SELECT
        tenant,
        repository_id,
        {{dash_as_of}} AS as_of,
        min(observed_at) AS first_seen_at,
        argMax((project_id, name, capacity_mb, member_number, status), ver) AS now_state,
        argMax(op, ver) AS last_op,
        argMin(capacity_mb, (observed_at, ver)) AS first_mb,
        arraySort(arrayConcat(
            groupArrayIf((observed_at, ver, capacity_mb), NOT is_old),
            if(countIf(is_old) = 0, [], [argMaxIf((observed_at, ver, capacity_mb), (observed_at, ver), is_old)]))) AS observed
    FROM repository_sizes FINAL
    WHERE observed_at <= {{dash_as_of}}
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    GROUP BY tenant, repository_id
)
WHERE last_op NOT IN ('deleted', 'expired')
