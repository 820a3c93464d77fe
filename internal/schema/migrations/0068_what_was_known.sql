-- What was known at a time that is over: which run numbers, and how far the execution
-- records of a pipeline had been read.

-- When each number of a block was seen first, by its place in it (second, UTC): the
-- least of all states that a run had with that number.
ALTER TABLE run_numbers ADD COLUMN IF NOT EXISTS seen SimpleAggregateFunction(minMap, Tuple(Array(UInt8), Array(UInt32))) AFTER bits;

ALTER TABLE run_numbers_mv MODIFY QUERY
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    intDiv(b.run_number, 64) AS block,
    bitShiftLeft(toUInt64(1), b.run_number % 64) AS bits,
    ([toUInt8(b.run_number % 64)], [toUnixTimestamp(observed_at)]) AS seen,
    ver
FROM
(
    SELECT tenant, scope, observed_at, JSONExtract(body, 'Tuple(pipeline_id String, run_number UInt32)') AS b, bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
WHERE b.run_number > 0;

INSERT INTO run_numbers (tenant, project_id, pipeline_id, block, bits, seen, ver)
SELECT
    tenant,
    scope,
    b.pipeline_id AS pipeline_id,
    intDiv(b.run_number, 64) AS block,
    bitShiftLeft(toUInt64(1), b.run_number % 64),
    ([toUInt8(b.run_number % 64)], [toUnixTimestamp(observed_at)]),
    ver
FROM
(
    SELECT tenant, scope, observed_at, JSONExtract(body, 'Tuple(pipeline_id String, run_number UInt32)') AS b, bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM events
    WHERE kind = 'run'
)
WHERE b.run_number > 0;

-- Run numbers of a pipeline that were stored at a time, as the view completeness says
-- it of now.
CREATE VIEW IF NOT EXISTS completeness_as_of AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    sum(length(places)) AS stored,
    toUInt64(max(64 * block + arrayMax(places)) - min(64 * block + arrayMin(places)) + 1) AS expected,
    expected - stored AS missing,
    stored / expected AS completeness
FROM
(
    SELECT tenant, project_id, pipeline_id, toInt64(run_numbers.block) AS block, arrayFilter((place, at) -> at <= toUnixTimestamp({as_of:DateTime64(3, 'UTC')}), seen.1, seen.2) AS places
    FROM run_numbers FINAL
)
WHERE notEmpty(places)
GROUP BY tenant, project_id, pipeline_id;

-- Every state of what is in coverage. line is the pipeline as a number, as in runs_by_day.
CREATE TABLE IF NOT EXISTS coverage_states
(
    line        UInt64,
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    from_at     Nullable(DateTime64(3, 'UTC')),
    to_at       Nullable(DateTime64(3, 'UTC')),
    total       Int64,
    complete    Bool,
    gone        Bool,
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (line, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS coverage_states_mv TO coverage_states AS
WITH JSONExtract(body, 'Tuple(from Int64, to Int64, total Int64, complete Bool)') AS b
SELECT
    cityHash64(tenant, project_id, pipeline_id) AS line,
    tenant,
    scope AS project_id,
    id AS pipeline_id,
    fromUnixTimestamp64Milli(nullIf(b.from, 0), 'UTC') AS from_at,
    fromUnixTimestamp64Milli(nullIf(b.to, 0), 'UTC') AS to_at,
    b.total AS total,
    b.complete AS complete,
    op IN ('deleted', 'expired') AS gone,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'coverage';
