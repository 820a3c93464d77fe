-- All that is weaker than its baseline in a project, since each time at which that
-- changed, a row for each project and time: tenant, project, time, how many settings,
-- and their names. Of two baselines of one configuration at a time only the newest is
-- in a stretch.
SELECT groupArray((tenant, project_id, turn, length(weak), arrayStringConcat(arraySort(weak), ', ')))
FROM
(
    SELECT CAST(tenant, 'String') AS tenant, CAST(project_id, 'String') AS project_id, turn, arrayFlatten(arrayMap(s -> s.3, arrayFilter(s -> s.1 <= turn AND turn < s.2, stretches))) AS weak
    FROM
    (
        SELECT tenant, project_id, groupArray((from_at, until, weak)) AS stretches, arrayDistinct(arrayConcat(stretches.1, stretches.2)) AS turns
        FROM
        (
            SELECT
                tenant, project_id, from_at, until,
                arrayMap(
                    s -> concat(if(kind = 'gate', '', concat(config_name, ': ')), s.item, if(s.item = '', '', ' '), s.field),
                    arrayFilter(s -> s.effect = 'weaker', compared)) AS weak
            FROM {{dash_gate_compared}}
        )
        WHERE notEmpty(weak)
        GROUP BY tenant, project_id
    )
    ARRAY JOIN turns AS turn
)
