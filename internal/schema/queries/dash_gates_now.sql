-- Every item of the code check gate of the tenant and of each project, as last
-- seen: whether it is switched on, and its threshold.
WITH {{page_of}} AS page_of
SELECT
    g.tenant AS tenant,
    if(g.project_id = '', '(tenant)', if(n.project = '', g.project_id, n.project)) AS project,
    g.name AS item,
    if(g.is_check, 'on', 'off') AS switch,
    g.compare_type AS compare,
    g.value AS threshold,
    g.observed_at AS since,
    page_of('gate', g.tenant, g.project_id, '') AS gate_url
FROM
(
    SELECT *
    FROM gate_history FINAL
    WHERE (tenant, project_id, gate_id, ver) IN (SELECT tenant, project_id, config_id, ver FROM {{dash_gate_states}} WHERE kind = 'gate' AND newest AND NOT gone)
) AS g
LEFT JOIN {{dash_projects}} AS n ON n.tenant = g.tenant AND n.project_id = g.project_id
WHERE $__conditionalAll(g.tenant IN (${tenant:singlequote}), $tenant)
    AND (g.project_id = '' OR $__conditionalAll(g.project_id IN (${project:singlequote}), $project))
ORDER BY tenant, g.project_id != '', project, g.position
