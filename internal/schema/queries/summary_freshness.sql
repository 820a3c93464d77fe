-- Seconds since each poller's last round without an error and since its last
-- complete one, over all its scopes: the stalest scope counts. NULL: never, in
-- at least one scope.
SELECT
    tenant,
    poller,
    count() AS scopes,
    if(countIf(last_good_poll_at IS NULL) > 0, NULL, dateDiff('second', min(last_good_poll_at), now64(3))) AS good_age_s,
    if(countIf(last_complete_at IS NULL) > 0, NULL, dateDiff('second', min(last_complete_at), now64(3))) AS complete_age_s,
    sum(last_errors) AS errors
FROM freshness
WHERE tenant = {tenant:String} OR {tenant:String} = ''
GROUP BY tenant, poller
ORDER BY tenant, poller
