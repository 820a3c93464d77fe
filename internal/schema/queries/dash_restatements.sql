-- Daily figures that came out differently after they had been published: what
-- was said before and since when, what is said now, and why, which is each cause that
-- came since the figure was looked at last. Rules: other deployment rules are in force.
-- Late data: facts of that day were stored, or, if nothing else is known, of what came
-- before it, such as a deployment; beside another cause that is "or late data", as it
-- may be either. Names: a pipeline of the service, its project or one
-- of its groups has another. Was open: a failure of the day was open until then. Other
-- data: none of these. Names or other data, and rules or late data without any stored:
-- an earlier program published it, and nobody knows. What: the rule sets, the rules by which they differ and
-- how many deployments of the service (of the last 400 days) they read differently; the
-- facts that were stored late; the names. A day is
-- published once no incident can be blamed on it any more, if no run of the service
-- is missing that may still be found; a service that the rules no longer know has nothing. Days of the
-- last 90 are looked at every hour, those of the last 400 when a loader starts or
-- the rules change; what is older stays as it was published.
WITH (metric, x) -> multiIf(x IS NULL, 'nothing', metric LIKE '%time%', formatReadableTimeDelta(assumeNotNull(x)), metric LIKE '%rate%', concat(toString(round(100 * assumeNotNull(x), 1)), ' %'), toString(assumeNotNull(x))) AS say
SELECT
    r.restated_at AS restated_at,
    r.tenant AS tenant,
    if(n.project = '', r.project_id, n.project) AS project,
    r.service AS service,
    r.environment AS environment,
    r.day AS day,
    r.metric AS metric,
    concat(say(r.metric, r.value_before), ' of ', toString(r.n_before)) AS before,
    r.published_before AS published_before,
    concat(say(r.metric, r.value), ' of ', toString(r.n)) AS now,
    r.reason AS reason,
    arrayStringConcat(arrayFilter(t -> t != '', arrayConcat(
        [
            if(r.rules_before = r.rules_version, '', concat('rules ', r.rules_before, ' to ', r.rules_version, if(r.rules_changed = '', '', concat(' (', r.rules_changed, ')')))),
            if(r.reread = '', '', concat('deployments: ', r.reread)),
            r.names
        ],
        arrayMap(f -> if(ifNull(f.1, 0) = 0, '', concat(f.2, ' stored later: ', toString(f.1))),
            [(r.late_deployments, 'deployments'), (r.late_incidents, 'incidents'), (r.late_commits, 'commits'), (if(r.late > 0, 0, r.late_farther), 'facts of what came before it')]))), ', ') AS evidence,
    r.rules_version AS rule_version
FROM restatements AS r
LEFT JOIN {{dash_projects}} AS n ON n.tenant = r.tenant AND n.project_id = r.project_id
WHERE $__timeFilter(r.restated_at)
    AND $__conditionalAll(r.tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(r.project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(r.service IN (${service:singlequote}), $service)
    AND $__conditionalAll(r.environment IN (${environment:singlequote}), $environment)
ORDER BY restated_at DESC, tenant, project, service, day, metric
LIMIT 1000
