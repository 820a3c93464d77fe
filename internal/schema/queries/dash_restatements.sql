-- Daily figures that came out differently after they had been published: what
-- was said before and since when, what is said now, and why. Rules: other
-- deployment rules were in force. Late data: facts of that day became known
-- later. A day is published once no incident can be blamed on it any more, if
-- its runs are completely known; a service that the rules no longer know has
-- nothing.
WITH (metric, x) -> multiIf(x IS NULL, 'nothing', metric LIKE '%time%', formatReadableTimeDelta(assumeNotNull(x)), metric LIKE '%rate%', concat(toString(round(100 * assumeNotNull(x), 1)), ' %'), toString(assumeNotNull(x))) AS say
SELECT
    r.restated_at AS restated_at,
    r.tenant AS tenant,
    if(n.project = '', r.project_id, n.project) AS project,
    r.service AS service,
    r.environment AS environment,
    r.day AS day,
    r.metric AS metric,
    say(r.metric, r.value_before) AS before,
    r.n_before AS n_before,
    r.published_before AS published_before,
    say(r.metric, r.value) AS now,
    r.n AS n,
    r.reason AS reason,
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
