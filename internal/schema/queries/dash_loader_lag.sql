-- The newest poll record that ClickHouse holds per tenant: when the collector
-- made it, when the log took it, and how old it is. An age that grows while
-- the collector runs is the loader's lag. Of a time in the past it is the newest that
-- the log took in the two days before: when it came to ClickHouse is not kept.
SELECT
    tenant,
    max(m.observed_at) AS newest_observed_at,
    max(m.stored_at) AS newest_stored_at,
    dateDiff('second', max(m.stored_at), {{dash_moment}}) AS age_s,
    max(ver) % 281474976710656 AS newest_seq
FROM {{dash_newest_messages}} AS m
GROUP BY tenant
ORDER BY age_s DESC, tenant
