-- Rows that became no snapshot, plus one for each round that broke off, per
-- poller. They do not stop the other rows; the next round tries again.
/* Without FINAL: records that have any are few, and each counts once. */
SELECT $__timeInterval(stored_at) AS time, poller, arraySum(groupUniqArrayIf((ver, polls.errors), polls.errors > 0).2) AS errors
FROM polls
WHERE $__timeFilter(stored_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
GROUP BY time, poller
ORDER BY time, poller
