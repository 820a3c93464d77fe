-- Listings that listed nothing although an earlier one of the same poller and
-- project had rows, and those that lacked too much to be believed (held). An
-- earlier one is looked for until a week before the time range.
SELECT p.observed_at AS time, if(p.total = 0, 'list turned empty', 'list not believed') AS title,
    concat(p.poller, ' of ', p.tenant, ' ', p.scope, if(p.total = 0, ' listed nothing', concat(' lacked ', toString(p.held)))) AS text, 'warning' AS tags
FROM
(
    SELECT tenant, scope, poller, observed_at, stored_at, total,
        held,
        lagInFrame(total) OVER round AS before,
        lagInFrame(held) OVER round AS held_before
    FROM {{dash_polls}} AS polls
    WHERE stored_at >= $__fromTime - INTERVAL 7 DAY AND last AND (complete OR held > 0) AND errors = 0
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
        AND (tenant, scope, poller) IN ({{dash_uneven_pollers}})
    WINDOW round AS (PARTITION BY tenant, scope, poller ORDER BY ver ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
) AS p
WHERE (p.total = 0 AND p.before > 0 OR p.total > 0 AND p.held > 0 AND p.held_before = 0) AND $__timeFilter(p.stored_at)
ORDER BY time DESC
LIMIT 50
