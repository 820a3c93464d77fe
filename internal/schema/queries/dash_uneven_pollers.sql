-- Pollers that listed something in one round and nothing in another since a week
-- before the time range, or were not believed: most do neither. They are named, as
-- their records lie by names. Read without FINAL: it is asked what any version says.
WITH ({{dash_names_number}}) AS number
SELECT tenant, scope, poller
FROM newest_polls
WHERE number(tenant, scope, poller) IN
(
    SELECT number(tenant, scope, poller) AS key
    FROM polls
    WHERE stored_at >= $__fromTime - INTERVAL 7 DAY AND last AND (complete OR held > 0) AND errors = 0
    GROUP BY key
    HAVING min(total) = 0 AND max(total) > 0 OR max(held) > 0
)
