-- The whole answer of CodeArts Pipeline API Reference 4.2.3, in four tables:
-- the run, its stages, their jobs and all steps. Here times are milliseconds.
-- Rows are kept by identity; the newest answer about a run replaces them.
-- A detail that is too large for one message comes as a run_detail without
-- stages and one run_detail_stage for each: the same form with a single stage,
-- the run's id, and how many stages stand before it (first_stage).
CREATE TABLE IF NOT EXISTS run_details
(
    tenant              LowCardinality(String),
    project_id          LowCardinality(String),
    pipeline_id         LowCardinality(String),
    run_id              String,
    subject_id          String,
    name                LowCardinality(String),
    description         String,
    manifest_version    LowCardinality(String),
    is_publish          Bool,
    executor_id         LowCardinality(String),
    executor_name       LowCardinality(String),
    status              LowCardinality(String),
    trigger_type        LowCardinality(String),
    run_number          Nullable(UInt32),
    started_at          Nullable(DateTime64(3, 'UTC')),
    ended_at            Nullable(DateTime64(3, 'UTC')),
    paused_at           Nullable(DateTime64(3, 'UTC')),
    duration_ms         Nullable(Int64),
    domain_id           LowCardinality(String),
    region              LowCardinality(String),
    component_id        LowCardinality(String),
    language            LowCardinality(String),
    group_id            LowCardinality(String),
    group_name          LowCardinality(String),
    detail_url          String,
    current_system_time String,
    sources             String COMMENT 'JSON',
    artifacts           String COMMENT 'JSON, empty when null',
    op                  LowCardinality(String),
    observed_at         DateTime64(3, 'UTC'),
    ver                 UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS run_details_mv TO run_details AS
WITH JSONExtract(body, 'Tuple(
    pipeline_id String,
    subject_id String,
    name String,
    description String,
    manifest_version String,
    is_publish Bool,
    executor_id String,
    executor_name String,
    status String,
    trigger_type String,
    run_number UInt32,
    start_time Int64,
    end_time Int64,
    pause_time Int64,
    domain_id String,
    region String,
    component_id String,
    language String,
    group_id String,
    group_name String,
    detail_url String,
    current_system_time String,
    sources String,
    artifacts String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    b.subject_id AS subject_id,
    b.name AS name,
    b.description AS description,
    b.manifest_version AS manifest_version,
    b.is_publish AS is_publish,
    b.executor_id AS executor_id,
    b.executor_name AS executor_name,
    b.status AS status,
    b.trigger_type AS trigger_type,
    nullIf(b.run_number, 0) AS run_number,
    fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
    fromUnixTimestamp64Milli(nullIf(b.pause_time, 0), 'UTC') AS paused_at,
    nullIf(b.end_time, 0) - nullIf(b.start_time, 0) AS duration_ms,
    b.domain_id AS domain_id,
    b.region AS region,
    b.component_id AS component_id,
    b.language AS language,
    b.group_id AS group_id,
    b.group_name AS group_name,
    b.detail_url AS detail_url,
    b.current_system_time AS current_system_time,
    b.sources AS sources,
    b.artifacts AS artifacts,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_detail_events
WHERE kind = 'run_detail';

CREATE TABLE IF NOT EXISTS stages
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    run_id      String,
    position    UInt16,
    stage_id    String,
    category    LowCardinality(String),
    name        LowCardinality(String),
    identifier  LowCardinality(String),
    run_always  Bool,
    parallel    LowCardinality(String),
    is_select   Bool,
    sequence    Int32,
    depends_on  Array(String),
    condition   String,
    status      LowCardinality(String),
    started_at  Nullable(DateTime64(3, 'UTC')),
    ended_at    Nullable(DateTime64(3, 'UTC')),
    paused_at   Nullable(DateTime64(3, 'UTC')),
    duration_ms Nullable(Int64),
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, position);

CREATE MATERIALIZED VIEW IF NOT EXISTS stages_mv TO stages AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    toUInt16(first_stage + number - 1) AS position,
    stage.id AS stage_id,
    stage.category AS category,
    stage.name AS name,
    stage.identifier AS identifier,
    stage.run_always AS run_always,
    stage.parallel AS parallel,
    stage.is_select AS is_select,
    stage.sequence AS sequence,
    stage.depends_on AS depends_on,
    stage.condition AS condition,
    stage.status AS status,
    fromUnixTimestamp64Milli(nullIf(stage.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(stage.end_time, 0), 'UTC') AS ended_at,
    fromUnixTimestamp64Milli(nullIf(stage.pause_time, 0), 'UTC') AS paused_at,
    nullIf(stage.end_time, 0) - nullIf(stage.start_time, 0) AS duration_ms,
    op,
    observed_at,
    ver
FROM
(
    WITH JSONExtract(body, 'Tuple(
        pipeline_id String,
        run_id String,
        first_stage UInt16,
        stages Array(Tuple(
            id String,
            category String,
            name String,
            identifier String,
            run_always Bool,
            parallel String,
            is_select Bool,
            sequence Int32,
            depends_on Array(String),
            condition String,
            status String,
            start_time Int64,
            end_time Int64,
            pause_time Int64)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        if(kind = 'run_detail', id, b.run_id) AS run_id,
        b.first_stage AS first_stage,
        b.stages AS stages,
        op,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_detail_events
    WHERE kind IN ('run_detail', 'run_detail_stage')
)
ARRAY JOIN stages AS stage, arrayEnumerate(stages) AS number;
