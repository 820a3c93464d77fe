-- Rows that became no snapshot, and rounds that broke off, in the 24 hours
-- before As of.
/* Without FINAL: records that have any are few, and each counts once. */
SELECT arraySum(groupUniqArrayIf((ver, polls.errors), polls.errors > 0).2) AS errors
FROM polls
WHERE stored_at >= {{dash_moment}} - INTERVAL 1 DAY AND stored_at <= {{dash_moment}}
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
HAVING count() > 0
