-- Gate settings that were weakened, as marks on the time axis.
SELECT
    c.changed_at AS time,
    'gate weakened' AS title,
    concat(if(c.project_id = '', '(tenant)', if(n.project = '', c.project_id, n.project)), ': ', c.config_name, ' ', c.item, ' ', c.field, ' ', c.old_value, ' -> ', c.new_value,
        ', by ', if(c.changed_by = '', 'unknown', c.changed_by)) AS text,
    'gate' AS tags
FROM gate_changes AS c
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
WHERE c.direction = 'weakened'
    AND $__conditionalAll(c.tenant IN (${tenant:singlequote}), $tenant)
    AND (c.project_id = '' OR $__conditionalAll(c.project_id IN (${project:singlequote}), $project))
    AND $__timeFilter(c.changed_at)
ORDER BY time DESC
LIMIT 50
