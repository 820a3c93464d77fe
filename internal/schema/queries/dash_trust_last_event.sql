-- Time since the newest message was seen by the collector, poll records included. Every poller writes at least one record a minute or per
-- round, so more than a few minutes means that the collector, the log or the
-- loader stands still. Of a time in the past it is the newest message that the log
-- took in the two days before: when it came to ClickHouse is not kept.
SELECT dateDiff('second', max(observed_at), {{dash_moment}}) AS age_s
FROM {{dash_newest_messages}}
HAVING count() > 0
