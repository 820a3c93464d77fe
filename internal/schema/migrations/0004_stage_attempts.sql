-- One row for every execution of a stage that was seen: a started entry of
-- stage_status_list (CodeArts Pipeline API Reference 4.2.2). A retry of the
-- run starts the stage again at another time, which is another row; the old
-- attempt stays as it was last seen. A stage that never started is no attempt.
-- position is the place in the list, from 0: sequence is not unique.
-- The times have no zone in the API. The zone of the tenant comes with the
-- event (column zone, an offset such as -05:30; +08:00 when empty). The
-- raw text is the key, so that events with a corrected zone replace the rows
-- with the wrong instant.
CREATE TABLE IF NOT EXISTS stage_attempts
(
    tenant        LowCardinality(String),
    project_id    LowCardinality(String),
    pipeline_id   LowCardinality(String),
    run_id        String,
    position      UInt16,
    name          LowCardinality(String),
    start_text    String,
    end_text      String,
    started_at    Nullable(DateTime64(3, 'UTC')),
    ended_at      Nullable(DateTime64(3, 'UTC')),
    duration_ms   Nullable(Int64),
    stage_id      String,
    sequence      Int32,
    status        LowCardinality(String),
    run_number    Nullable(UInt32),
    run_status    LowCardinality(String),
    trigger_type  LowCardinality(String),
    executor_name LowCardinality(String),
    commit_id     String,
    message       String,
    source_branch LowCardinality(String),
    target_branch LowCardinality(String),
    tag           String,
    codehub_id    LowCardinality(String),
    op            LowCardinality(String),
    observed_at   DateTime64(3, 'UTC'),
    ver           UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, position, name, start_text);

CREATE MATERIALIZED VIEW IF NOT EXISTS stage_attempts_mv TO stage_attempts AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    toUInt16(number - 1) AS position,
    stage.name AS name,
    stage.start_time AS start_text,
    stage.end_time AS end_text,
    parseDateTime64BestEffortOrNull(if(match(stage.start_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), stage.start_time, concat(stage.start_time, utc_offset)), 3, 'UTC') AS started_at,
    if(stage.end_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(stage.end_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), stage.end_time, concat(stage.end_time, utc_offset)), 3, 'UTC')) AS ended_at,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at) AS duration_ms,
    stage.id AS stage_id,
    stage.sequence AS sequence,
    stage.status AS status,
    run_number,
    run_status,
    trigger_type,
    executor_name,
    commit_id,
    message,
    source_branch,
    target_branch,
    tag,
    codehub_id,
    op,
    observed_at,
    ver
FROM
(
    WITH JSONExtract(body, 'Tuple(
        pipeline_id String,
        run_number UInt32,
        status String,
        trigger_type String,
        executor_name String,
        build_params Tuple(commit_id String, message String, source_branch String, target_branch String, tag String, codehub_id String),
        stage_status_list Array(Tuple(
            id String,
            name String,
            sequence Int32,
            status String,
            start_time String,
            end_time String)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        id AS run_id,
        nullIf(b.run_number, 0) AS run_number,
        b.status AS run_status,
        b.trigger_type AS trigger_type,
        b.executor_name AS executor_name,
        b.build_params.commit_id AS commit_id,
        b.build_params.message AS message,
        b.build_params.source_branch AS source_branch,
        b.build_params.target_branch AS target_branch,
        b.build_params.tag AS tag,
        b.build_params.codehub_id AS codehub_id,
        b.stage_status_list AS stages,
        if(zone = '', '+08:00', zone) AS utc_offset,
        op,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
ARRAY JOIN stages AS stage, arrayEnumerate(stages) AS number
WHERE stage.start_time != '';
