-- The attempts of stages once more, by the day at which they began, for what
-- asks about a time range: stage_attempts is ordered by run, and whoever wants
-- the attempts that ended in a week would read all of them. Here the weeks lie
-- apart, and the index of ends leaves out what ended before the range.
-- day is the date of the raw text (1970-01-01 if it is none), which is part of
-- an attempt's identity: an attempt never moves. So the table holds what
-- stage_attempts holds, whatever comes twice, late or corrected. It is text from
-- elsewhere: the months are a ring, so that no insert can have too many of them.
-- life and trial name, as a number, the stage that it is an attempt of, and what
-- was tried there: the stage of whichever branch, with the commit (0 if there is
-- none). They are quicker to compare than six texts.
-- Months in which nothing is written any more become one part each: reading
-- merged rows costs FINAL nothing.
CREATE TABLE IF NOT EXISTS attempts_by_day
(
    tenant        LowCardinality(String),
    day           Date,
    project_id    LowCardinality(String),
    pipeline_id   LowCardinality(String),
    run_id        String,
    position      UInt16,
    name          LowCardinality(String),
    start_text    String,
    started_at    Nullable(DateTime64(3, 'UTC')),
    ended_at      Nullable(DateTime64(3, 'UTC')),
    duration_ms   Nullable(Int64),
    status        LowCardinality(String),
    run_number    Nullable(UInt32),
    trigger_type  LowCardinality(String),
    executor_name LowCardinality(String),
    commit_id     String,
    target_branch LowCardinality(String),
    life          UInt64,
    trial         UInt64,
    ver           UInt64,
    INDEX ends ended_at TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toRelativeMonthNum(day) % 48
ORDER BY (tenant, day, project_id, pipeline_id, run_id, position, name, start_text)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS attempts_by_day_mv TO attempts_by_day AS
SELECT
    tenant,
    ifNull(toDateOrNull(substring(stage.start_time, 1, 10)), toDate(0)) AS day,
    project_id,
    pipeline_id,
    run_id,
    toUInt16(number - 1) AS position,
    stage.name AS name,
    stage.start_time AS start_text,
    parseDateTime64BestEffortOrNull(if(match(stage.start_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), stage.start_time, concat(stage.start_time, utc_offset)), 3, 'UTC') AS started_at,
    if(stage.end_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(stage.end_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), stage.end_time, concat(stage.end_time, utc_offset)), 3, 'UTC')) AS ended_at,
    toUnixTimestamp64Milli(ended_at) - toUnixTimestamp64Milli(started_at) AS duration_ms,
    stage.status AS status,
    run_number,
    trigger_type,
    executor_name,
    commit_id,
    target_branch,
    cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage.name) AS life,
    if(commit_id = '', 0, cityHash64(tenant, project_id, pipeline_id, position, stage.name, commit_id)) AS trial,
    ver
FROM
(
    WITH JSONExtract(body, 'Tuple(
        pipeline_id String,
        run_number UInt32,
        trigger_type String,
        executor_name String,
        build_params Tuple(commit_id String, target_branch String),
        stage_status_list Array(Tuple(name String, status String, start_time String, end_time String)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        id AS run_id,
        nullIf(b.run_number, 0) AS run_number,
        b.trigger_type AS trigger_type,
        b.executor_name AS executor_name,
        b.build_params.commit_id AS commit_id,
        b.build_params.target_branch AS target_branch,
        b.stage_status_list AS stages,
        if(zone = '', '+08:00', zone) AS utc_offset,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
ARRAY JOIN stages AS stage, arrayEnumerate(stages) AS number
WHERE stage.start_time != '';

-- The life of a stage as a state machine. Nothing is stored: both views read
-- stage_attempts. A stage is the same one when pipeline, target branch,
-- position and name are the same: green on a feature branch does not make the
-- main branch green.

-- Every attempt that ended in success or failure, in the order of their ends,
-- and what it made of the stage: 'newly failing' (the one before passed, or
-- none is known), 'still failing', 'recovered' (the one before failed),
-- 'passing'. Cancelled, skipped and running attempts change nothing.
-- greens counts the successes up to and with this attempt: the failures
-- between two successes share it. green_before is the last success before it.
CREATE VIEW IF NOT EXISTS stage_verdicts AS
SELECT
    *,
    multiIf(failed AND failed_before, 'still failing', failed, 'newly failing', failed_before, 'recovered', 'passing') AS state
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        target_branch,
        position,
        name AS stage,
        run_id,
        run_number,
        start_text,
        commit_id,
        executor_name,
        trigger_type,
        started_at,
        assumeNotNull(ended_at) AS finished_at,
        duration_ms,
        CAST(status, 'String') = 'FAILED' AS failed,
        lagInFrame(failed, 1, 0) OVER life AS failed_before,
        countIf(NOT failed) OVER life AS greens,
        maxIf(toNullable(ended_at), NOT failed) OVER earlier AS green_before
    FROM stage_attempts FINAL
    WHERE status IN ('COMPLETED', 'FAILED') AND ended_at IS NOT NULL
    WINDOW life AS (PARTITION BY tenant, project_id, pipeline_id, target_branch, position, name ORDER BY ended_at, started_at, run_id, start_text ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        earlier AS (PARTITION BY tenant, project_id, pipeline_id, target_branch, position, name ORDER BY ended_at, started_at, run_id, start_text ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
);

-- Every time that a stage was red: from the end of its first failed attempt
-- (red_since, first_*) to the end of the success that ended it (green_*; NULL
-- and '' while it is red). failures and runs count attempts and their runs.
-- last_green_at is the success before it, NULL when none is known.
-- As of a time (parameter as_of): what failed and what passed until then.
CREATE VIEW IF NOT EXISTS red_episodes_as_of AS
WITH
    argMinIf((run_id, run_number, commit_id, executor_name), (finished_at, started_at, run_id, start_text), failed) AS first,
    argMaxIf((run_id, run_number, commit_id, finished_at), (finished_at, started_at, run_id, start_text), failed) AS last
SELECT
    tenant,
    project_id,
    pipeline_id,
    target_branch,
    position,
    stage,
    minIf(finished_at, failed) AS red_since,
    first.1 AS first_run_id,
    first.2 AS first_run_number,
    first.3 AS first_commit_id,
    first.4 AS first_executor_name,
    countIf(failed) AS failures,
    uniqExactIf(run_id, failed) AS runs,
    last.1 AS last_run_id,
    last.2 AS last_run_number,
    last.3 AS last_commit_id,
    last.4 AS last_failed_at,
    any(green_before) AS last_green_at,
    maxIf(toNullable(finished_at), NOT failed) AS green_at,
    maxIf(run_id, NOT failed) AS green_run_id,
    maxIf(run_number, NOT failed) AS green_run_number,
    maxIf(commit_id, NOT failed) AS green_commit_id,
    dateDiff('millisecond', red_since, green_at) / 1000 AS red_s
FROM stage_verdicts
WHERE finished_at <= {as_of:DateTime64(3, 'UTC')}
GROUP BY tenant, project_id, pipeline_id, target_branch, position, stage, greens - NOT failed
HAVING failures > 0;

-- As of now.
CREATE VIEW IF NOT EXISTS red_episodes AS SELECT * FROM red_episodes_as_of(as_of = now64(3, 'UTC'));
