-- Which window of a pipeline's execution records (CodeArts Pipeline API
-- Reference 4.2.7) has been read, newest state per pipeline. Run numbers up to
-- through have been looked for. The window is the last one that was asked for,
-- by start of the runs; total is what CodeArts said of it, seen what it sent.
CREATE TABLE IF NOT EXISTS coverage
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id String,
    from_at     Nullable(DateTime64(3, 'UTC')),
    to_at       Nullable(DateTime64(3, 'UTC')),
    through     UInt32,
    window_from Nullable(DateTime64(3, 'UTC')),
    window_to   Nullable(DateTime64(3, 'UTC')),
    total       Int64,
    seen        Int64,
    complete    Bool,
    op          LowCardinality(String),
    is_deleted  UInt8,
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, pipeline_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS coverage_mv TO coverage AS
WITH JSONExtract(body, 'Tuple(from Int64, to Int64, through UInt32, window_from Int64, window_to Int64, total Int64, seen Int64, complete Bool)') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS pipeline_id,
    fromUnixTimestamp64Milli(nullIf(b.from, 0), 'UTC') AS from_at,
    fromUnixTimestamp64Milli(nullIf(b.to, 0), 'UTC') AS to_at,
    b.through AS through,
    fromUnixTimestamp64Milli(nullIf(b.window_from, 0), 'UTC') AS window_from,
    fromUnixTimestamp64Milli(nullIf(b.window_to, 0), 'UTC') AS window_to,
    b.total AS total,
    b.seen AS seen,
    b.complete AS complete,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'coverage';
