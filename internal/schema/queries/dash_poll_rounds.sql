-- Rounds of every poller in the time range as the log has them. A poller that
-- sees no change writes at most one record a minute, so there may have been
-- more rounds than these.
SELECT
    r.tenant AS tenant,
    if(startsWith(r.scope, '_'), '(tenant)', if(n.project = '', r.scope, n.project)) AS project,
    r.poller AS poller,
    rounds, complete, listed_nothing, unchanged, changes, pages, errors
FROM
(
    SELECT
        tenant,
        scope,
        poller,
        countIf(last) AS rounds,
        countIf(last AND p.complete) AS complete,
        countIf(last AND p.complete AND total = 0) AS listed_nothing,
        countIf(last AND part = 0 AND events = 0) AS unchanged,
        sum(events) AS changes,
        sum(p.pages) AS pages,
        sum(p.errors) AS errors
    FROM polls AS p FINAL
    WHERE $__timeFilter(stored_at)
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
    GROUP BY tenant, scope, poller
) AS r
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.tenant AND n.project_id = r.scope
ORDER BY errors DESC, listed_nothing DESC, tenant, project, poller
