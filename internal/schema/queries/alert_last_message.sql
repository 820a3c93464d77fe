-- Seconds since the newest message of a tenant in ClickHouse was seen by the
-- collector. A tenant that is silent for 30 days is no longer watched.
SELECT tenant, dateDiff('second', max(observed_at), now64(3)) AS value
FROM newest_polls FINAL
WHERE stored_at > now() - INTERVAL 30 DAY
GROUP BY tenant
