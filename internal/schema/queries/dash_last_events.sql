-- The newest change events of the time range, as the log took them.
SELECT
    e.observed_at AS observed_at,
    e.tenant AS tenant,
    if(startsWith(e.scope, '_'), '(tenant)', if(n.project = '', e.scope, n.project)) AS project,
    e.kind AS kind,
    e.op AS op,
    e.id AS id,
    e.seq AS seq
FROM
(
    SELECT observed_at, stored_at, tenant, scope, kind, op, id, epoch, seq
    FROM {{dash_events}} AS events
    WHERE $__timeFilter(stored_at) AND kind != 'poll'
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
    ORDER BY epoch DESC, seq DESC
    LIMIT 50
) AS e
LEFT JOIN {{dash_projects}} AS n ON n.tenant = e.tenant AND n.project_id = e.scope
ORDER BY e.epoch DESC, e.seq DESC
