-- Every observed state of the gate configurations of the chosen tenants, up to
-- the end of the time range, or now. newest is the one that holds then. Of two
-- projects, configurations of one kind are the same by name; the code check
-- gate is by its kind.
SELECT
    tenant,
    project_id,
    kind,
    config_id,
    config_name,
    if(kind = 'gate', config_id, config_name) AS config_key,
    observed_at,
    ver,
    gone,
    settings,
    ver = max(ver) OVER (PARTITION BY tenant, project_id, kind, config_id) AS newest
FROM gate_lives
WHERE observed_at <= {{dash_as_of}}
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
