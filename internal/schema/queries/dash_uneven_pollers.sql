-- Pollers that listed something in one round and nothing in another since a week
-- before the time range, or were not believed: most do neither. Read without FINAL:
-- it is asked what any version says.
WITH ({{dash_names_number}}) AS number
SELECT tenant, scope, poller
FROM newest_polls
WHERE number(tenant, scope, poller) IN
(
    SELECT number(tenant, scope, poller) AS of
    FROM polls
    WHERE stored_at >= $__fromTime - INTERVAL 7 DAY
    GROUP BY of
    HAVING min(total) = 0 AND max(total) > 0 OR max(held) > 0
)
