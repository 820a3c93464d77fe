-- The version of the newest fact of each tenant that a figure may follow from, as
-- the text of a map.
SELECT toString(mapFromArrays(groupArray(tenant), groupArray(newest)))
FROM
(
    SELECT tenant, max(ver) AS newest
    FROM
    (
        SELECT CAST(tenant, 'String') AS tenant, ver FROM runs
        UNION ALL
        SELECT tenant, ver FROM incident_states
        UNION ALL
        SELECT tenant, ver FROM commit_states
        UNION ALL
        SELECT tenant, ver FROM commit_range_states
    )
    GROUP BY tenant
)
