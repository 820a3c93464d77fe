-- The newest poll records of each tenant until As of, and more. Read without FINAL:
-- what comes twice is as old.
SELECT tenant, observed_at, stored_at, ver
FROM newest_polls
WHERE ({{dash_is_now}} OR observed_at <= {{dash_as_of}})
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
UNION ALL
SELECT tenant, observed_at, stored_at, ver
FROM {{dash_polls_before}}
