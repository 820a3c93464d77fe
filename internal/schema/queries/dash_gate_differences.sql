-- Every change of a gate setting in the time range, of the chosen projects.
WITH {{page_of}} AS page_of
SELECT
    c.changed_at AS changed_at,
    c.tenant AS tenant,
    if(c.project_id = '', '(tenant)', if(n.project = '', c.project_id, n.project)) AS project,
    c.config_name AS config,
    c.item AS item,
    c.field AS field,
    c.direction AS effect,
    c.old_value AS before,
    c.new_value AS after,
    if(c.changed_by = '', 'unknown', c.changed_by) AS changed_by,
    page_of('gate', c.tenant, c.project_id, '') AS gate_url,
    c.ver AS ver
FROM gate_changes AS c
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
WHERE $__conditionalAll(c.tenant IN (${tenant:singlequote}), $tenant)
    AND (c.project_id = '' OR $__conditionalAll(c.project_id IN (${project:singlequote}), $project))
    AND $__timeFilter(c.changed_at)
