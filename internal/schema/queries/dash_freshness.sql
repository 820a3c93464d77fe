-- Time since each poller's last round without an error, and since its last
-- complete listing, per project. A poller is late when its last good round is
-- older than its objective: three intervals of its schedule, and never under
-- three minutes. The schedule is the configured one, as the collector says it
-- in each round; of a collector that does not, it is the default. Pollers that
-- ask only for what is open or missing (active, history, details, logs,
-- reconcile) never list everything. NULL: never. As of a time in the past it is what
-- had been observed then, held against the schedule of then (that of now, of a poller
-- without a record in the two days before).
SELECT
    f.tenant AS tenant,
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
ORDER BY late DESC NULLS FIRST, tenant, project, poller
