-- Time since each poller's last round without an error, and since its last
-- complete listing, per project. A poller is late when its last good round is
-- older than its objective: three intervals of the default schedule, and never
-- under three minutes. Pollers that ask only for what is open or missing
-- (active, history, details, reconcile) never list everything. NULL: never.
SELECT
    f.tenant AS tenant,
    if(startsWith(f.scope, '_'), '(tenant)', if(n.project = '', f.scope, n.project)) AS project,
    f.poller AS poller,
    arrayStringConcat(f.kinds, ', ') AS kinds,
    good_age_s / objective_s AS late,
    dateDiff('second', f.last_good_poll_at, now64(3)) AS good_age_s,
    transform(f.poller,
        ['active', 'pipelines', 'history', 'details', 'gates', 'tenant_gate', 'rules', 'rule_sets', 'project_rule_sets', 'open_source', 'project_open_source',
            'repositories', 'reconcile'],
        [180, 180, 900, 900, 900, 900, 900, 900, 900, 900, 900, 10800, 64800], 259200) AS objective_s,
    dateDiff('second', f.last_complete_at, now64(3)) AS complete_age_s,
    f.last_complete_total AS complete_total,
    f.last_errors AS errors
FROM freshness AS f
LEFT JOIN {{dash_projects}} AS n ON n.tenant = f.tenant AND n.project_id = f.scope
WHERE $__conditionalAll(f.tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(f.scope, '_') OR $__conditionalAll(f.scope IN (${project:singlequote}), $project))
ORDER BY late DESC NULLS FIRST, tenant, project, poller
