-- Build accounts as they were seen last by the end of the time range, or the
-- time As of: package, and whether the free quota is there. Thresholds are by
-- specification; one that CodeArts does not give is a question mark. What the
-- number of a status means is not documented.
SELECT
    tenant,
    if(domain_name = '', domain_id, domain_name) AS account,
    service_name AS service,
    region,
    package_type AS package,
    if(free_quota, 'yes', 'no') AS free_quota,
    if(free_package_quota, 'yes', 'no') AS free_package_quota,
    arrayStringConcat(arrayMap(t -> concat(t.1, ': ', ifNull(toString(t.2), '?')), spec_thresholds), ', ') AS thresholds,
    status,
    observed_at AS since
FROM
(
    SELECT *
    FROM build_tenant_states FINAL
    WHERE observed_at <= {{dash_as_of}}
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    ORDER BY ver DESC
    LIMIT 1 BY tenant, domain_id
)
WHERE op NOT IN ('deleted', 'expired')
ORDER BY tenant, account
