-- The days of the poll records: no view makes them of records that come without
-- their messages.
INSERT INTO poll_days
SELECT tenant, scope, poller, toDate(finished_at, 'UTC') AS day, min(polls.observed_at), max(if(complete, assumeNotNull(finished_at), toDateTime64(0, 3, 'UTC'))), max(polls.ver)
FROM polls
WHERE last AND errors = 0
GROUP BY tenant, scope, poller, day
