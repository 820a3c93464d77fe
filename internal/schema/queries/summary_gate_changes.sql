-- The last changes of gate configurations, newest first: who, when, which
-- field, from what to what, and whether it lets more pass.
SELECT c.changed_at AS changed_at, if(c.project_id = '', '(tenant)', p.project) AS project, c.config_name AS config, c.item AS item, c.field AS field,
    c.old_value AS before, c.new_value AS after, c.direction AS direction, if(c.changed_by = '', 'unknown', c.changed_by) AS changed_by
FROM gate_changes AS c
LEFT JOIN projects AS p ON p.tenant = c.tenant AND p.project_id = c.project_id
WHERE c.tenant = {tenant:String} OR {tenant:String} = ''
ORDER BY changed_at DESC, c.ver DESC, config, item, field
LIMIT 10
