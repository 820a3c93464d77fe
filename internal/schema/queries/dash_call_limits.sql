-- Calls a second that each tenant's limits allow, as its last poll record of the
-- hour before As of says. Read without FINAL: the newest of all versions counts.
SELECT tenant, argMax(JSONExtract(body, 'allowed_per_s', 'Nullable(Float64)'), events.observed_at) AS allowed_per_s
FROM events
WHERE kind = 'poll' AND stored_at >= {{dash_moment}} - INTERVAL 1 HOUR AND stored_at <= {{dash_moment}}
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
GROUP BY tenant
