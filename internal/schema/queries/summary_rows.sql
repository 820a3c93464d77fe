-- Entities and change events of each kind since ever. Entities: what exists
-- now; poll records have none.
SELECT
    kind,
    countIf(id != '' AND last_op NOT IN ('deleted', 'expired')) AS entities,
    sum(entity_events) AS events
FROM
(
    SELECT kind, id, count() AS entity_events, argMax(op, (epoch, seq)) AS last_op
    FROM events FINAL
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    GROUP BY tenant, scope, kind, id
    SETTINGS do_not_merge_across_partitions_select_final = 1
)
GROUP BY kind
ORDER BY kind
