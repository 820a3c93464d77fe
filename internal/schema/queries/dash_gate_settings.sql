-- Every setting of every gate configuration as of the end of the time range, or
-- now: code check gates, pipeline rules, rule sets and open-source policies, of
-- the tenant and of each project. A configuration that was seen first after
-- that is not here: what it was then is not known. Since: when this state of the
-- configuration was seen first.
WITH {{page_of}} AS page_of
SELECT
    g.tenant AS tenant,
    if(g.project_id = '', '(tenant)', if(n.project = '', g.project_id, n.project)) AS project,
    g.kind AS kind,
    g.config_name AS config,
    setting.label AS item,
    setting.field AS field,
    setting.value AS value,
    g.observed_at AS since,
    page_of('gate', g.tenant, g.project_id, '') AS gate_url
FROM
(
    SELECT *, setting
    FROM {{dash_gate_states}}
    ARRAY JOIN settings AS setting
    WHERE newest AND NOT gone AND setting.field NOT IN ('exists', 'name')
) AS g
LEFT JOIN {{dash_projects}} AS n ON n.tenant = g.tenant AND n.project_id = g.project_id
WHERE g.project_id = '' OR $__conditionalAll(g.project_id IN (${project:singlequote}), $project)
ORDER BY tenant, g.project_id != '', project, kind, config, item, field
LIMIT 2000
