-- What panels looked for among all poll records, which are the most of what is stored.

-- Rounds that ended without an error, by poller, scope and day (UTC) of their end.
-- answered_at: when the first was observed; since then a list without rows says that
-- there are none. swept_at: end of the last that listed everything, 1970 if none did.
CREATE TABLE IF NOT EXISTS poll_days
(
    tenant      LowCardinality(String),
    scope       LowCardinality(String),
    poller      LowCardinality(String),
    day         Date,
    answered_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    swept_at    SimpleAggregateFunction(max, DateTime64(3, 'UTC')),
    ver         SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, scope, poller, day);

CREATE MATERIALIZED VIEW IF NOT EXISTS poll_days_mv TO poll_days AS
WITH
    JSONExtract(body, 'Tuple(poller String, last Bool, complete Bool, errors UInt32, finished_at String)') AS b,
    parseDateTime64BestEffortOrNull(b.finished_at, 3, 'UTC') AS ended_at
SELECT
    tenant,
    scope,
    b.poller AS poller,
    toDate(ifNull(ended_at, observed_at), 'UTC') AS day,
    observed_at AS answered_at,
    if(b.complete, ifNull(ended_at, toDateTime64(0, 3, 'UTC')), toDateTime64(0, 3, 'UTC')) AS swept_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'poll' AND b.last AND b.errors = 0;

INSERT INTO poll_days
SELECT
    tenant, scope, poller,
    toDate(ifNull(finished_at, polls.observed_at), 'UTC') AS day,
    min(polls.observed_at) AS answered_at,
    max(if(complete, ifNull(finished_at, toDateTime64(0, 3, 'UTC')), toDateTime64(0, 3, 'UTC'))) AS swept_at,
    max(polls.ver) AS newest_ver
FROM polls
WHERE last AND errors = 0
GROUP BY tenant, scope, poller, day;

CREATE OR REPLACE VIEW good_sweeps_since AS
SELECT tenant, scope, day, CAST(swept_at, 'Nullable(DateTime64(3, \'UTC\'))') AS last_good_sweep_at
FROM poll_days FINAL
WHERE poller = 'pipelines' AND day >= {since:Date} AND swept_at > toDateTime64(0, 3, 'UTC');
