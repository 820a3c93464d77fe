-- Settings of gates whose last change weakened them, for a time after it was seen
-- (gate_weakened) or until they change again. Weakened: switched off, taken away,
-- or the threshold moved so that more passes while it is on.
WITH {{page_of}} AS page_of, {{limit_of}} AS limit_of, limit_of('gate_weakened', tenant, project) AS bound
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    multiIf(c.project_id = '', '(tenant)', n.project = '', c.project_id, n.project) AS project,
    c.config_name AS config,
    c.item AS item,
    c.field AS field,
    c.old_value AS before,
    c.new_value AS after,
    if(c.changed_by = '', 'unknown', c.changed_by) AS changed_by,
    formatDateTime(c.changed_at, '%F %T UTC', 'UTC') AS changed_at,
    page_of('gate', c.tenant, c.project_id, '') AS url,
    toUInt8(1) AS value
FROM
(
    SELECT *
    FROM gate_changes
    ORDER BY ver DESC
    LIMIT 1 BY tenant, project_id, kind, config_id, item, field
) AS c
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
WHERE c.direction = 'weakened' AND dateDiff('second', c.observed_at, now()) < bound
