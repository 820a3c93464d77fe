-- Rounds of every poller in the time range as the log has them. A poller that
-- sees no change writes at most one record a minute, so there may have been
-- more rounds than these.
WITH ({{dash_names_number}}) AS number
SELECT
    k.tenant AS tenant,
    if(startsWith(k.scope, '_'), '(tenant)', if(n.project = '', k.scope, n.project)) AS project,
    k.poller AS poller,
    rounds, complete, listed_nothing, unchanged, changes, pages, errors
FROM
(
    SELECT
        number(tenant, scope, poller) AS key,
        countIf(last) AS rounds,
        countIf(last AND p.complete) AS complete,
        countIf(last AND p.complete AND total = 0) AS listed_nothing,
        countIf(last AND part = 0 AND events = 0) AS unchanged,
        sum(events) AS changes,
        sum(p.pages) AS pages,
        sum(p.errors) AS errors
    FROM {{dash_polls}} AS p
    WHERE $__timeFilter(stored_at)
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
    GROUP BY key
) AS r
INNER JOIN (SELECT tenant, scope, poller, number(tenant, scope, poller) AS key FROM newest_polls FINAL WHERE what = 'record') AS k ON k.key = r.key
LEFT JOIN {{dash_projects}} AS n ON n.tenant = k.tenant AND n.project_id = k.scope
ORDER BY errors DESC, listed_nothing DESC, tenant, project, poller
