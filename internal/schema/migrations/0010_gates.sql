-- Gate configurations of CodeArts Check "Querying Tenant or Project Gate
-- Configuration". project_id is '' for the gate of the tenant. Item names are
-- kept as the API spells them ("Member of major issues.").
-- One row per gate with all its items: an item that vanishes from the answer
-- vanishes with the row's newer version.
CREATE TABLE IF NOT EXISTS gate_states
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    gate_id     LowCardinality(String),
    items       Array(Tuple(name String, compare_type String, is_check Int32, value Nullable(Int64))),
    http_status LowCardinality(String),
    status      LowCardinality(String),
    op          LowCardinality(String),
    is_deleted  UInt8,
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, gate_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS gate_states_mv TO gate_states AS
WITH JSONExtract(body, 'Tuple(
    httpStatus String,
    status String,
    result Tuple(
        review_info Array(Tuple(
            name String,
            compareType String,
            isCheck Int32,
            value Nullable(Int64)))))') AS b
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    id AS gate_id,
    CAST(arrayMap(i -> (i.name, i.compareType, i.isCheck, i.value), b.result.review_info),
        'Array(Tuple(name String, compare_type String, is_check Int32, value Nullable(Int64)))') AS items,
    b.httpStatus AS http_status,
    b.status AS status,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'gate';

-- The items of the newest state of every gate.
CREATE VIEW IF NOT EXISTS gates AS
SELECT
    tenant,
    project_id,
    gate_id,
    toUInt16(number - 1) AS position,
    item.1 AS name,
    item.2 AS compare_type,
    toBool(item.3) AS is_check,
    item.4 AS value,
    op,
    observed_at,
    ver
FROM gate_states FINAL
ARRAY JOIN items AS item, arrayEnumerate(items) AS number;

-- Every gate item in every observed state of its gate.
CREATE TABLE IF NOT EXISTS gate_history
(
    tenant       LowCardinality(String),
    project_id   LowCardinality(String),
    gate_id      LowCardinality(String),
    name         LowCardinality(String),
    position     UInt16,
    compare_type LowCardinality(String),
    is_check     Bool,
    value        Nullable(Int64),
    op           LowCardinality(String),
    observed_at  DateTime64(3, 'UTC'),
    ver          UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, gate_id, name, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS gate_history_mv TO gate_history AS
SELECT
    tenant,
    project_id,
    gate_id,
    item.name AS name,
    toUInt16(number - 1) AS position,
    item.compareType AS compare_type,
    toBool(item.isCheck) AS is_check,
    item.value AS value,
    op,
    observed_at,
    ver
FROM
(
    WITH JSONExtract(body, 'Tuple(
        result Tuple(
            review_info Array(Tuple(
                name String,
                compareType String,
                isCheck Int32,
                value Nullable(Int64)))))') AS b
    SELECT
        tenant,
        if(scope = '_tenant', '', scope) AS project_id,
        id AS gate_id,
        b.result.review_info AS items,
        op,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM inventory_events
    WHERE kind = 'gate'
)
ARRAY JOIN items AS item, arrayEnumerate(items) AS number;
