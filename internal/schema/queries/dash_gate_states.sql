-- Every observed state of the gate configurations of the chosen tenants, up to
-- the end of the time range, or now. It holds until the next one of the same
-- configuration is observed; newest is the one that holds then. Of two projects,
-- configurations of one kind are the same by name; the code check gate is by its
-- kind.
SELECT
    tenant,
    project_id,
    kind,
    config_id,
    config_name,
    if(kind = 'gate', config_id, config_name) AS config_key,
    observed_at,
    leadInFrame(observed_at, 1, toDateTime64('2200-01-01', 3, 'UTC'))
        OVER (PARTITION BY tenant, project_id, kind, config_id ORDER BY ver ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS until,
    ver,
    gone,
    settings,
    until = toDateTime64('2200-01-01', 3, 'UTC') AS newest
FROM gate_lives
WHERE observed_at <= {{dash_as_of}}
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
