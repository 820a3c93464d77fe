-- Who weakened gates and when, for the messages of their alerts: CodeArts may say so
-- later than it shows the change.
WITH {{page_of}} AS page_of
SELECT
    tenant, project_id, project, kind, config_id, config, item, field, before, after,
    if(changed_by = '', 'unknown', changed_by) AS changed_by,
    formatDateTime(changed_at, '%F %T UTC', 'UTC') AS changed_at,
    page_of('gate', tenant, project_id, '') AS url,
    toUInt8(1) AS value
FROM {{alert_weakened_gates}}
