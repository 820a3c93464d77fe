-- Complete listings that listed nothing although an earlier one of the same
-- poller and project had rows.
SELECT p.observed_at AS time, 'list turned empty' AS title,
    concat(p.poller, ' of ', p.tenant, ' ', p.scope, ' listed nothing') AS text, 'warning' AS tags
FROM
(
    SELECT tenant, scope, poller, observed_at, stored_at, total,
        lagInFrame(total) OVER (PARTITION BY tenant, scope, poller ORDER BY ver ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
    FROM polls FINAL
    WHERE last AND complete AND errors = 0
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
) AS p
WHERE p.total = 0 AND p.before > 0 AND $__timeFilter(p.stored_at)
ORDER BY time DESC
LIMIT 50
