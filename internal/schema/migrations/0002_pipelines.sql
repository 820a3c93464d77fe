-- Pipelines as CodeArts Pipeline API Reference 4.2.4 lists them, newest state
-- per pipeline. latest_run is an entity of its own (0003_runs.sql).
CREATE TABLE IF NOT EXISTS pipelines
(
    tenant           LowCardinality(String),
    project_id       LowCardinality(String),
    pipeline_id      String,
    name             String,
    project_name     LowCardinality(String),
    component_id     String,
    is_publish       Bool,
    is_collect       Bool,
    manifest_version LowCardinality(String),
    created_at       Nullable(DateTime64(3, 'UTC')),
    convert_sign     Nullable(Int32),
    security_level   Nullable(Int32),
    op               LowCardinality(String),
    is_deleted       UInt8,
    observed_at      DateTime64(3, 'UTC'),
    ver              UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, pipeline_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS pipelines_mv TO pipelines AS
WITH JSONExtract(body, 'Tuple(
    name String,
    project_name String,
    component_id String,
    is_publish Bool,
    is_collect Bool,
    manifest_version String,
    create_time Int64,
    convert_sign Nullable(Int32),
    security_level Nullable(Int32))') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS pipeline_id,
    b.name AS name,
    b.project_name AS project_name,
    b.component_id AS component_id,
    b.is_publish AS is_publish,
    b.is_collect AS is_collect,
    b.manifest_version AS manifest_version,
    fromUnixTimestamp64Milli(nullIf(b.create_time, 0), 'UTC') AS created_at,
    b.convert_sign AS convert_sign,
    b.security_level AS security_level,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'pipeline';
