-- Whether each chosen project has gates as of the end of the time range, or now (those
-- that were created later are left out), and how its settings compare with the baseline.
WITH {{page_of}} AS page_of
SELECT
    p.tenant AS tenant,
    p.project AS project,
    multiIf(g.checks_on > 0, 'on', g.checks > 0, 'all off', asked.answered, 'no gate', 'unknown') AS gate,
    if(gate = 'unknown', NULL, g.checks_on) AS checks_on,
    if(gate = 'unknown', NULL, g.checks) AS checks,
    g.rule_sets AS rule_sets,
    g.open_source AS open_source,
    if(g.n = 0, NULL, g.weaker) AS weaker,
    if(g.n = 0, NULL, g.stronger) AS stronger,
    g.n AS n,
    page_of('gate', p.tenant, p.project_id, '') AS gate_url
FROM
(
    SELECT *
    FROM projects
    WHERE NOT ifNull(created_at > {{dash_as_of}}, false)
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS p
LEFT JOIN
(
    SELECT
        tenant,
        project_id,
        sumIf(arrayCount(s -> s.field = 'checked', settings), kind = 'gate') AS checks,
        sumIf(arrayCount(s -> s.field = 'checked' AND s.value = 'true', settings), kind = 'gate') AS checks_on,
        countIf(kind = 'rule_set' AND valid) AS rule_sets,
        countIf(kind = 'open_source_rule_set' AND valid) AS open_source,
        sum(arrayCount(s -> s.effect = 'weaker', compared)) AS weaker,
        sum(arrayCount(s -> s.effect = 'stronger', compared)) AS stronger,
        sum(c.n) AS n
    FROM
    (
        SELECT *, NOT gone AND NOT arrayExists(s -> s.item = '' AND s.field = 'is_valid' AND s.value = 'false', settings) AS valid
        FROM {{dash_gate_compared}}
        WHERE newest
    ) AS c
    GROUP BY tenant, project_id
) AS g ON g.tenant = p.tenant AND g.project_id = p.project_id
LEFT JOIN
(
    SELECT tenant, scope, true AS answered
    FROM poll_days FINAL
    WHERE poller = 'gates' AND answered_at <= {{dash_as_of}}
    GROUP BY tenant, scope
) AS asked ON asked.tenant = p.tenant AND asked.scope = p.project_id
