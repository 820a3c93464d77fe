-- Rows that became no snapshot, plus one for each round that broke off, per
-- poller. They do not stop the other rows; the next round tries again.
SELECT $__timeInterval(stored_at) AS time, poller, sum(errors) AS errors
FROM {{dash_polls}} AS polls
WHERE $__timeFilter(stored_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
GROUP BY time, poller
ORDER BY time, poller
