-- Poll records of the two days before As of, where that is in the past. Read
-- without FINAL: it is asked which is the newest of all versions.
SELECT tenant, scope, poller, last, complete, total, errors, held, every_s, finished_at, observed_at, stored_at, ver
FROM polls
WHERE NOT {{dash_is_now}} AND stored_at >= {{dash_as_of}} - INTERVAL 2 DAY AND stored_at <= {{dash_as_of}} + INTERVAL 1 HOUR AND observed_at <= {{dash_as_of}}
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
