-- Seconds since the newest message of a tenant in ClickHouse was seen by the
-- collector, 0 while they are not more than the limit (last_message): a tenant
-- has a row as long as anything works. One that is silent for 30 days is no longer
-- watched. Before the first message of all there is a row of no tenant, 0.
WITH {{limit_of}} AS limit_of, limit_of('last_message', tenant, '') AS bound, dateDiff('second', max(observed_at), now64(3)) AS age_s
SELECT tenant, if(age_s > bound, age_s, 0) AS value
FROM newest_polls FINAL
WHERE stored_at > now() - INTERVAL 30 DAY
GROUP BY tenant
UNION ALL
SELECT '', 0 WHERE NOT EXISTS (SELECT 1 FROM newest_polls FINAL)
