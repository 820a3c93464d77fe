-- Time since the newest message in ClickHouse was seen by the collector, poll
-- records included. Every poller writes at least one record a minute or per
-- round, so more than a few minutes means that the collector, the log or the
-- loader stands still. Read without FINAL: what comes twice is as old.
SELECT dateDiff('second', max(observed_at), now64(3)) AS age_s
FROM newest_polls
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
HAVING count() > 0
