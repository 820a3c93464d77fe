-- Rows of CodeArts answers that became no snapshot, as they came but for their
-- secrets. quarantine is the loader's: messages that are no change events. An
-- odd row is a change event like any other, so its table is a projection like
-- any other, and is rebuilt from events. The record is named by what it holds
-- (digest): the same row seen every minute is one record, of when it was seen
-- first. A large row comes in parts.
CREATE TABLE IF NOT EXISTS odd_row_parts
(
    tenant      LowCardinality(String),
    scope       LowCardinality(String),
    digest      String,
    part        UInt16,
    parts       UInt16,
    row_kind    LowCardinality(String),
    api         LowCardinality(String),
    poller      LowCardinality(String),
    position    UInt32,
    reason      String,
    size        UInt64,
    raw         String CODEC(ZSTD(3)),
    poll_id     String,
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(digest) % 4
ORDER BY (tenant, scope, digest, part);

CREATE MATERIALIZED VIEW IF NOT EXISTS odd_row_parts_mv TO odd_row_parts AS
WITH JSONExtract(body, 'Tuple(
    row_kind String,
    api String,
    poller String,
    reason String,
    position UInt32,
    digest String,
    size UInt64,
    part UInt16,
    parts UInt16,
    raw String)') AS b
SELECT
    tenant,
    scope,
    b.digest AS digest,
    b.part AS part,
    b.parts AS parts,
    b.row_kind AS row_kind,
    b.api AS api,
    b.poller AS poller,
    b.position AS position,
    b.reason AS reason,
    b.size AS size,
    tryBase64Decode(b.raw) AS raw,
    poll_id,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'odd_row';

-- Every odd row, whole. raw has size bytes once all parts are stored.
CREATE VIEW IF NOT EXISTS odd_rows AS
SELECT
    tenant,
    scope,
    digest,
    any(p.row_kind) AS row_kind,
    any(p.api) AS api,
    any(p.poller) AS poller,
    any(p.position) AS position,
    any(p.reason) AS reason,
    min(p.observed_at) AS observed_at,
    any(p.poll_id) AS poll_id,
    any(p.size) AS size,
    arrayStringConcat(arrayMap(x -> x.2, arraySort(x -> x.1, groupArray((p.part, p.raw))))) AS raw,
    max(p.ver) AS ver
FROM odd_row_parts AS p FINAL
GROUP BY tenant, scope, digest;
