-- Jobs of a run (JobRun of CodeArts Pipeline API Reference 4.2.3), newest
-- state per job. A job without an id is known by its place, '<stage>/<job>'.
CREATE TABLE IF NOT EXISTS jobs
(
    tenant           LowCardinality(String),
    project_id       LowCardinality(String),
    pipeline_id      LowCardinality(String),
    run_id           String,
    job_id           String,
    stage_id         String,
    stage_name       LowCardinality(String),
    stage_position   UInt16,
    position         UInt16,
    category         LowCardinality(String),
    sequence         Int32,
    async            LowCardinality(String),
    name             LowCardinality(String),
    identifier       String,
    depends_on       Array(String),
    condition        String,
    resource         String,
    is_select        Bool,
    timeout          LowCardinality(String),
    last_dispatch_id String,
    exec_id          String,
    status           LowCardinality(String),
    message          String,
    started_at       Nullable(DateTime64(3, 'UTC')),
    ended_at         Nullable(DateTime64(3, 'UTC')),
    duration_ms      Nullable(Int64),
    op               LowCardinality(String),
    observed_at      DateTime64(3, 'UTC'),
    ver              UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, job_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS jobs_mv TO jobs AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    if(job.id = '', concat(toString(stage_position), '/', toString(number - 1)), job.id) AS job_id,
    stage_id,
    stage_name,
    stage_position,
    toUInt16(number - 1) AS position,
    job.category AS category,
    job.sequence AS sequence,
    job.async AS async,
    job.name AS name,
    job.identifier AS identifier,
    job.depends_on AS depends_on,
    job.condition AS condition,
    job.resource AS resource,
    job.is_select AS is_select,
    job.timeout AS timeout,
    job.last_dispatch_id AS last_dispatch_id,
    job.exec_id AS exec_id,
    job.status AS status,
    job.message AS message,
    fromUnixTimestamp64Milli(nullIf(job.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(job.end_time, 0), 'UTC') AS ended_at,
    nullIf(job.end_time, 0) - nullIf(job.start_time, 0) AS duration_ms,
    op,
    observed_at,
    ver
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        stage.id AS stage_id,
        stage.name AS stage_name,
        toUInt16(first_stage + number - 1) AS stage_position,
        stage.jobs AS stage_jobs,
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
                name String,
                jobs Array(Tuple(
                    id String,
                    category String,
                    sequence Int32,
                    async String,
                    name String,
                    identifier String,
                    depends_on Array(String),
                    condition String,
                    resource String,
                    is_select Bool,
                    timeout String,
                    last_dispatch_id String,
                    exec_id String,
                    status String,
                    message String,
                    start_time Int64,
                    end_time Int64)))))') AS b
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
    ARRAY JOIN stages AS stage, arrayEnumerate(stages) AS number
)
ARRAY JOIN stage_jobs AS job, arrayEnumerate(stage_jobs) AS number;
