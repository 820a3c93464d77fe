-- Every message of the stream, one row each, with all its bytes. All other
-- tables are computed from this one, so nothing here is ever derived.
-- stored_at is JetStream's own time stamp: the month of a message never
-- changes, so a message that is inserted twice meets itself in one partition.
CREATE TABLE IF NOT EXISTS events
(
    epoch       UInt16,
    seq         UInt64 CODEC(Delta, ZSTD(1)),
    stream      LowCardinality(String),
    stored_at   DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    subject     String CODEC(ZSTD(1)),
    tenant      LowCardinality(String),
    scope       LowCardinality(String),
    kind        LowCardinality(String),
    id          String,
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC') CODEC(Delta, ZSTD(1)),
    ce_id       String CODEC(ZSTD(1)),
    ce_type     LowCardinality(String),
    ce_source   LowCardinality(String),
    prev_hash   String CODEC(ZSTD(1)),
    state_hash  String CODEC(ZSTD(1)),
    poll_id     String CODEC(ZSTD(1)),
    mark        String CODEC(ZSTD(1)),
    zone        LowCardinality(String),
    headers     Map(LowCardinality(String), String) CODEC(ZSTD(1)),
    body        String CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(stored_at)
ORDER BY (tenant, scope, kind, id, epoch, seq);

-- Messages that could not become a row of events, kept byte for byte until
-- somebody has looked at them. headers is the message's header block as JSON,
-- because what is in quarantine may not fit any stricter type.
CREATE TABLE IF NOT EXISTS quarantine
(
    epoch          UInt16,
    seq            UInt64,
    stream         LowCardinality(String),
    stored_at      DateTime64(9, 'UTC'),
    subject        String,
    headers        String,
    body           String CODEC(ZSTD(3)),
    error          String,
    loader_version LowCardinality(String)
)
ENGINE = ReplacingMergeTree
ORDER BY (epoch, seq);

-- Routers. ClickHouse plans every view of a table for every insert, whether or
-- not a row is for it, and the views with many columns are dear to plan. These
-- tables hold nothing (engine Null): they pass on the events of some kinds, so
-- that an insert pays only for the projections of the kinds that it has. The
-- projections name their kind all the same, because a rebuild reads events.
CREATE TABLE IF NOT EXISTS run_events AS events ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS run_events_mv TO run_events AS
SELECT * FROM events WHERE kind = 'run';

CREATE TABLE IF NOT EXISTS run_detail_events AS events ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS run_detail_events_mv TO run_detail_events AS
SELECT * FROM events WHERE kind IN ('run_detail', 'run_detail_stage');

CREATE TABLE IF NOT EXISTS inventory_events AS events ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS inventory_events_mv TO inventory_events AS
SELECT * FROM events WHERE kind IN ('pipeline', 'pipeline_group', 'build_group', 'repository', 'gate', 'build_tenant', 'odd_row', 'project', 'iam_project');
