-- Pipeline runs: PipelineLatestRun of CodeArts Pipeline API Reference 4.2.2,
-- 4.2.4 and 4.2.7, newest state per run. FAILED is not final: a retry re-uses
-- the run id, and the row changes back to RUNNING.
-- A run that CodeArts deleted or no longer keeps (90 days) stays here as a
-- fact of the past with that op; runs_current leaves it out, and with it the
-- runs of pipelines that are deleted, which stay as they were last seen.
-- Partitions are a hash of the identity: no time of a run is known for
-- certain when the run is first seen.
CREATE TABLE IF NOT EXISTS runs
(
    tenant                  LowCardinality(String),
    project_id              LowCardinality(String),
    pipeline_id             LowCardinality(String),
    run_id                  String,
    run_number              Nullable(UInt32),
    status                  LowCardinality(String),
    trigger_type            LowCardinality(String),
    executor_id             LowCardinality(String),
    executor_name           LowCardinality(String),
    started_at              Nullable(DateTime64(3, 'UTC')),
    ended_at                Nullable(DateTime64(3, 'UTC')),
    duration_ms             Nullable(Int64),
    build_type              LowCardinality(String),
    event_type              LowCardinality(String),
    action                  LowCardinality(String),
    commit_id               String,
    message                 String,
    source_branch           LowCardinality(String),
    target_branch           LowCardinality(String),
    tag                     String,
    merge_id                String,
    codehub_id              Nullable(UInt64),
    codehub_id_text         LowCardinality(String),
    git_url                 LowCardinality(String),
    source_codehub_id       Nullable(UInt64),
    source_codehub_id_text  LowCardinality(String),
    source_codehub_url      LowCardinality(String),
    source_codehub_http_url LowCardinality(String),
    artifact_version        String,
    artifact_branch_filter  LowCardinality(String),
    artifact_package_name   LowCardinality(String),
    artifact_organization   LowCardinality(String),
    stage_names             Array(LowCardinality(String)),
    stage_sequences         Array(Int32),
    stage_statuses          Array(LowCardinality(String)),
    modify_url              String,
    detail_url              String,
    op                      LowCardinality(String),
    observed_at             DateTime64(3, 'UTC'),
    ver                     UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS runs_mv TO runs AS
WITH JSONExtract(body, 'Tuple(
    pipeline_id String,
    run_number UInt32,
    status String,
    trigger_type String,
    executor_id String,
    executor_name String,
    start_time Int64,
    end_time Int64,
    build_params Tuple(
        build_type String,
        event_type String,
        action String,
        commit_id String,
        message String,
        source_branch String,
        target_branch String,
        tag String,
        merge_id String,
        codehub_id String,
        git_url String,
        source_codehub_id String,
        source_codehub_url String,
        source_codehub_http_url String),
    artifact_params Tuple(
        version String,
        branch_filter String,
        package_name String,
        organization String),
    stage_status_list Array(Tuple(name String, sequence Int32, status String)),
    modify_url String,
    detail_url String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    nullIf(b.run_number, 0) AS run_number,
    b.status AS status,
    b.trigger_type AS trigger_type,
    b.executor_id AS executor_id,
    b.executor_name AS executor_name,
    fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
    nullIf(b.end_time, 0) - nullIf(b.start_time, 0) AS duration_ms,
    b.build_params.build_type AS build_type,
    b.build_params.event_type AS event_type,
    b.build_params.action AS action,
    b.build_params.commit_id AS commit_id,
    b.build_params.message AS message,
    b.build_params.source_branch AS source_branch,
    b.build_params.target_branch AS target_branch,
    b.build_params.tag AS tag,
    b.build_params.merge_id AS merge_id,
    toUInt64OrNull(b.build_params.codehub_id) AS codehub_id,
    b.build_params.codehub_id AS codehub_id_text,
    b.build_params.git_url AS git_url,
    toUInt64OrNull(b.build_params.source_codehub_id) AS source_codehub_id,
    b.build_params.source_codehub_id AS source_codehub_id_text,
    b.build_params.source_codehub_url AS source_codehub_url,
    b.build_params.source_codehub_http_url AS source_codehub_http_url,
    b.artifact_params.version AS artifact_version,
    b.artifact_params.branch_filter AS artifact_branch_filter,
    b.artifact_params.package_name AS artifact_package_name,
    b.artifact_params.organization AS artifact_organization,
    b.stage_status_list.name AS stage_names,
    b.stage_status_list.sequence AS stage_sequences,
    b.stage_status_list.status AS stage_statuses,
    b.modify_url AS modify_url,
    b.detail_url AS detail_url,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
WHERE kind = 'run';

CREATE VIEW IF NOT EXISTS runs_current AS
SELECT * FROM runs FINAL
WHERE op NOT IN ('deleted', 'expired')
    AND (tenant, project_id, pipeline_id) NOT IN
    (
        SELECT tenant, project_id, pipeline_id
        FROM pipelines
        GROUP BY tenant, project_id, pipeline_id
        HAVING argMax(pipelines.is_deleted, pipelines.ver) = 1
    );
