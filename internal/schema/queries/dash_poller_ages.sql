-- Freshness of each poller, as dash_freshness says it, with the id of its project;
-- of what belongs to no project it is empty.
SELECT
    f.tenant AS tenant,
    if(startsWith(f.scope, '_'), '', f.scope) AS project_id,
    if(startsWith(f.scope, '_'), '(tenant)', if(n.project = '', f.scope, n.project)) AS project,
    f.poller AS poller,
    arrayStringConcat(f.kinds, ', ') AS kinds,
    good_age_s / objective_s AS late,
    dateDiff('second', f.last_good_poll_at, {{dash_moment}}) AS good_age_s,
    greatest(180, 3 * ifNull(f.every_s, transform(f.poller,
        ['active', 'pipelines', 'projects', 'history', 'details', 'logs', 'gates', 'tenant_gate', 'rules', 'rule_sets', 'project_rule_sets', 'open_source',
            'project_open_source', 'repositories', 'reconcile'],
        [15, 60, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 300, 3600, 21600], 86400))) AS objective_s,
    dateDiff('second', f.last_complete_at, {{dash_moment}}) AS complete_age_s,
    f.last_complete_total AS complete_total,
    f.last_errors AS errors
FROM {{dash_poller_times}} AS f
LEFT JOIN {{dash_projects}} AS n ON n.tenant = f.tenant AND n.project_id = f.scope
WHERE $__conditionalAll(f.tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(f.scope, '_') OR $__conditionalAll(f.scope IN (${project:singlequote}), $project))
