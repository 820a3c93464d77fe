-- The newest poll record that ClickHouse holds per tenant: when the collector
-- made it, when the log took it, and how old it is. An age that grows while
-- the collector runs is the loader's lag.
SELECT
    tenant,
    max(observed_at) AS newest_observed_at,
    max(stored_at) AS newest_stored_at,
    dateDiff('second', max(stored_at), now64(3)) AS age_s,
    max(ver) % 281474976710656 AS newest_seq
FROM newest_polls
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
GROUP BY tenant
ORDER BY age_s DESC, tenant
