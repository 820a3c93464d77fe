-- Change events per kind, by the time at which the log took them. Poll records
-- are no change events.
SELECT $__timeInterval(stored_at) AS time, kind, count() AS events
FROM events FINAL
WHERE $__timeFilter(stored_at) AND kind != 'poll'
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
GROUP BY time, kind
ORDER BY time, kind
SETTINGS do_not_merge_across_partitions_select_final = 1
