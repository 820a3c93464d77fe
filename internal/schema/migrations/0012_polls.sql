-- One row per poll record: what a poll round asked, what it got, and how many
-- events follow it in the stream. A long round is a chain of records (part);
-- its last part carries the facts of the sweep. complete says that the round
-- listed all of its kinds. held counts entities that the listing lacks and that
-- are kept all the same, because there are too many at once (the breaker);
-- confirmed says that an operator has said that they are gone. Partitions are months, as in events: a record
-- never changes and is keyed by its sequence.
CREATE TABLE IF NOT EXISTS polls
(
    tenant        LowCardinality(String),
    scope         LowCardinality(String),
    poller        LowCardinality(String),
    epoch         UInt16,
    seq           UInt64,
    stored_at     DateTime64(9, 'UTC'),
    poll_id       String,
    prev_poll_seq UInt64,
    part          UInt32,
    last          Bool,
    events        UInt32,
    complete      Bool,
    total         Int64,
    pages         UInt32,
    calls         UInt32,
    errors        UInt32,
    held          UInt32,
    confirmed     Bool,
    kinds         Array(LowCardinality(String)),
    started_at    Nullable(DateTime64(3, 'UTC')),
    finished_at   Nullable(DateTime64(3, 'UTC')),
    api_at        Nullable(DateTime64(3, 'UTC')),
    version       LowCardinality(String),
    op            LowCardinality(String),
    observed_at   DateTime64(3, 'UTC'),
    ver           UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toYYYYMM(stored_at)
ORDER BY (tenant, scope, poller, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS polls_mv TO polls AS
WITH JSONExtract(body, 'Tuple(
    poller String,
    poll_id String,
    prev_poll_seq UInt64,
    part UInt32,
    last Bool,
    n UInt32,
    complete Bool,
    total Int64,
    pages UInt32,
    calls UInt32,
    errors UInt32,
    held UInt32,
    confirmed Bool,
    kinds Array(String),
    started_at String,
    finished_at String,
    api_date String,
    version String)') AS b
SELECT
    tenant,
    scope,
    b.poller AS poller,
    epoch,
    seq,
    stored_at,
    b.poll_id AS poll_id,
    b.prev_poll_seq AS prev_poll_seq,
    b.part AS part,
    b.last AS last,
    b.n AS events,
    b.complete AS complete,
    b.total AS total,
    b.pages AS pages,
    b.calls AS calls,
    b.errors AS errors,
    b.held AS held,
    b.confirmed AS confirmed,
    b.kinds AS kinds,
    parseDateTime64BestEffortOrNull(b.started_at, 3, 'UTC') AS started_at,
    parseDateTime64BestEffortOrNull(b.finished_at, 3, 'UTC') AS finished_at,
    parseDateTime64BestEffortOrNull(b.api_date, 3, 'UTC') AS api_at,
    b.version AS version,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'poll';

-- When each poller of each scope last finished a round, and when it last
-- listed everything without an error. A listing that is not believed is no good
-- round. NULL: never.
CREATE VIEW IF NOT EXISTS freshness AS
SELECT
    tenant,
    scope,
    poller,
    argMax(p.kinds, p.ver) AS kinds,
    max(p.finished_at) AS last_poll_at,
    maxIf(p.finished_at, p.errors = 0 AND p.held = 0) AS last_good_poll_at,
    maxIf(p.finished_at, p.complete AND p.errors = 0) AS last_complete_at,
    argMaxIf(toNullable(p.total), p.ver, p.complete AND p.errors = 0) AS last_complete_total,
    argMax(p.errors, p.ver) AS last_errors,
    argMax(p.held, p.ver) AS last_held,
    max(p.ver) AS ver
FROM polls AS p
WHERE p.last
GROUP BY tenant, scope, poller;
