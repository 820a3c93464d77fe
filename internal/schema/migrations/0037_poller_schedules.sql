-- How often each poller of each scope runs by its configuration, as the last
-- record of its newest round says: seconds between two ticks of its schedule.
-- NULL: it has no ticks, or a collector of before wrote the record.
CREATE TABLE IF NOT EXISTS poller_schedules
(
    tenant      LowCardinality(String),
    scope       LowCardinality(String),
    poller      LowCardinality(String),
    every_s     Nullable(Float64),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, scope, poller);

CREATE MATERIALIZED VIEW IF NOT EXISTS poller_schedules_mv TO poller_schedules AS
WITH JSONExtract(body, 'Tuple(poller String, last Bool, every_s Float64)') AS b
SELECT
    tenant,
    scope,
    b.poller AS poller,
    nullIf(b.every_s, 0) AS every_s,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'poll' AND b.last;
