-- Change events per kind, by the time at which the log took them. Poll records
-- are no change events.
SELECT $__timeInterval(stored_at) AS time, kind, count() AS events
FROM {{dash_events}} AS events
WHERE $__timeFilter(stored_at) AND kind != 'poll'
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
GROUP BY time, kind
ORDER BY time, kind
