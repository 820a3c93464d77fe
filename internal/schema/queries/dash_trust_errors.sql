-- Rows that became no snapshot, and rounds that broke off, in the last 24
-- hours.
/* Without FINAL: records that have any are few, and each counts once. */
SELECT arraySum(groupUniqArrayIf((ver, polls.errors), polls.errors > 0).2) AS errors
FROM polls
WHERE stored_at >= now() - INTERVAL 1 DAY
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
HAVING count() > 0
