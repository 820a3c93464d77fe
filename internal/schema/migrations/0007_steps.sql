-- Steps of a run (StepRun of CodeArts Pipeline API Reference 4.2.3), newest
-- state per step: those of the jobs, and those before (pre, admission) and
-- after (post, exit) the jobs of a stage, which belong to no job. A step
-- without an id is known by its place, '<stage>/<phase>/<job>/<step>'.
CREATE TABLE IF NOT EXISTS steps
(
    tenant                LowCardinality(String),
    project_id            LowCardinality(String),
    pipeline_id           LowCardinality(String),
    run_id                String,
    step_id               String,
    phase                 LowCardinality(String) COMMENT 'pre, job or post',
    stage_id              String,
    stage_name            LowCardinality(String),
    stage_position        UInt16,
    job_id                String COMMENT 'empty for pre and post',
    job_name              LowCardinality(String),
    job_position          UInt16,
    position              UInt16,
    name                  LowCardinality(String),
    task                  LowCardinality(String),
    business_type         LowCardinality(String),
    inputs                String COMMENT 'JSON, empty when null',
    sequence              Int32,
    official_task_version LowCardinality(String),
    identifier            String,
    multi_step_editable   Int32,
    endpoint_ids          String COMMENT 'text or JSON array',
    last_dispatch_id      String,
    status                LowCardinality(String),
    message               String,
    daily_build_number    String,
    started_at            Nullable(DateTime64(3, 'UTC')),
    ended_at              Nullable(DateTime64(3, 'UTC')),
    duration_ms           Nullable(Int64),
    op                    LowCardinality(String),
    observed_at           DateTime64(3, 'UTC'),
    ver                   UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, step_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS steps_mv TO steps AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    if(step.id = '', concat(toString(stage_position), '/', phase, '/', toString(job_position), '/', toString(number - 1)), step.id) AS step_id,
    phase,
    stage_id,
    stage_name,
    stage_position,
    job_id,
    job_name,
    job_position,
    toUInt16(number - 1) AS position,
    step.name AS name,
    step.task AS task,
    step.business_type AS business_type,
    step.inputs AS inputs,
    step.sequence AS sequence,
    step.official_task_version AS official_task_version,
    step.identifier AS identifier,
    step.multi_step_editable AS multi_step_editable,
    step.endpoint_ids AS endpoint_ids,
    step.last_dispatch_id AS last_dispatch_id,
    step.status AS status,
    step.message AS message,
    step.daily_build_number AS daily_build_number,
    fromUnixTimestamp64Milli(nullIf(step.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(step.end_time, 0), 'UTC') AS ended_at,
    nullIf(step.end_time, 0) - nullIf(step.start_time, 0) AS duration_ms,
    op,
    observed_at,
    ver
FROM
(
    -- One row per list of steps: a stage's pre, each of its jobs, its post.
    SELECT
        tenant,
        project_id,
        pipeline_id,
        run_id,
        stage_id,
        stage_name,
        stage_position,
        list.1 AS phase,
        list.2 AS job_position,
        if(phase = 'job' AND list.3 = '', concat(toString(stage_position), '/', toString(job_position)), list.3) AS job_id,
        list.4 AS job_name,
        list.5 AS list_steps,
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
            arrayConcat(
                [('pre', toUInt16(0), '', '', stage.pre)],
                arrayMap((job, j) -> ('job', toUInt16(j - 1), job.id, job.name, job.steps), stage.jobs, arrayEnumerate(stage.jobs)),
                [('post', toUInt16(0), '', '', stage.post)]) AS lists,
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
                    pre Array(Tuple(
                        name String,
                        task String,
                        business_type String,
                        inputs String,
                        sequence Int32,
                        official_task_version String,
                        identifier String,
                        multi_step_editable Int32,
                        id String,
                        endpoint_ids String,
                        last_dispatch_id String,
                        status String,
                        message String,
                        daily_build_number String,
                        start_time Int64,
                        end_time Int64)),
                    post Array(Tuple(
                        name String,
                        task String,
                        business_type String,
                        inputs String,
                        sequence Int32,
                        official_task_version String,
                        identifier String,
                        multi_step_editable Int32,
                        id String,
                        endpoint_ids String,
                        last_dispatch_id String,
                        status String,
                        message String,
                        daily_build_number String,
                        start_time Int64,
                        end_time Int64)),
                    jobs Array(Tuple(
                        id String,
                        name String,
                        steps Array(Tuple(
                            name String,
                            task String,
                            business_type String,
                            inputs String,
                            sequence Int32,
                            official_task_version String,
                            identifier String,
                            multi_step_editable Int32,
                            id String,
                            endpoint_ids String,
                            last_dispatch_id String,
                            status String,
                            message String,
                            daily_build_number String,
                            start_time Int64,
                            end_time Int64)))))))') AS b
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
    ARRAY JOIN lists AS list
)
ARRAY JOIN list_steps AS step, arrayEnumerate(list_steps) AS number;
