-- Settings of gates whose last change weakened them, for a time after it was seen
-- (gate_weakened) or until they change again.
WITH {{limit_of}} AS limit_of, limit_of('gate_weakened', tenant, project) AS bound
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    multiIf(c.project_id = '', '(tenant)', n.project = '', c.project_id, n.project) AS project,
    c.kind AS kind,
    c.config_id AS config_id,
    c.config_name AS config,
    c.item AS item,
    c.field AS field,
    c.old_value AS before,
    c.new_value AS after,
    c.changed_by AS changed_by,
    c.changed_at AS changed_at
FROM
(
    SELECT *
    FROM gate_changes
    ORDER BY ver DESC
    LIMIT 1 BY tenant, project_id, kind, config_id, item, field
) AS c
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
WHERE c.direction = 'weakened' AND dateDiff('second', c.observed_at, now()) < bound
