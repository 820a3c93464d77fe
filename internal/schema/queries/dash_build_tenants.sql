-- Build accounts as CodeArts last showed them: package, and whether the free
-- quota is there. Thresholds are by specification; one that CodeArts does not
-- give is a question mark. What the number of a status means is not documented.
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
FROM build_tenants FINAL
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
ORDER BY tenant, account
