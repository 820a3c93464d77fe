-- Rows that became no snapshot, and rounds that broke off, in the last 24
-- hours.
SELECT sum(errors) AS errors
FROM {{dash_polls}} AS polls
WHERE stored_at >= now() - INTERVAL 1 DAY
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
HAVING count() > 0
