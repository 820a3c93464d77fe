-- Runs once more, by the day (UTC) at which they began, for what asks about a
-- time range: runs is ordered by pipeline and by ids that say nothing of time.
-- Here the weeks lie apart, as in attempts_by_day (0026_stage_verdicts.sql), and
-- the index of ends leaves out what was over before the range. run and line are
-- the run and its pipeline as numbers, quicker to compare than texts.
-- A row is folded from all that was seen of a run: state is the newest, and
-- first_local the start of the stage that began first, by the clock of the
-- tenant's zone, so that a zone that is corrected corrects it. It is the same
-- whatever comes twice or late.
-- A run without a start stands on the day of its end, else on 1970-01-01, and has
-- a second row when its start is known. Should CodeArts tell another day of the
-- start later, that is a row too, with the stages that were seen since: the
-- newest counts.
CREATE TABLE IF NOT EXISTS runs_by_day
(
    tenant      LowCardinality(String),
    day         Date,
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    run_id      String,
    run         SimpleAggregateFunction(any, UInt64),
    line        SimpleAggregateFunction(any, UInt64),
    state       SimpleAggregateFunction(max, Tuple(
        ver         UInt64,
        run_number  Nullable(UInt32),
        status      String,
        op          String,
        started_at  Nullable(DateTime64(3, 'UTC')),
        ended_at    Nullable(DateTime64(3, 'UTC')),
        duration_ms Nullable(Int64),
        observed_at DateTime64(3, 'UTC'),
        utc_offset  Int32)),
    first_local SimpleAggregateFunction(min, Nullable(DateTime64(3, 'UTC'))),
    ver         SimpleAggregateFunction(max, UInt64),
    INDEX ends state.ended_at TYPE minmax GRANULARITY 1
)
ENGINE = AggregatingMergeTree
PARTITION BY toRelativeMonthNum(day) % 48
ORDER BY (tenant, day, project_id, pipeline_id, run_id)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS runs_by_day_mv TO runs_by_day AS
SELECT
    tenant,
    toDate(coalesce(started_at, ended_at, toDateTime64(0, 3, 'UTC'))) AS day,
    project_id,
    pipeline_id,
    run_id,
    cityHash64(tenant, project_id, pipeline_id, run_id) AS run,
    cityHash64(tenant, project_id, pipeline_id) AS line,
    CAST((ver, run_number, status, op, started_at, ended_at, duration_ms, observed_at, utc_offset), 'Tuple(ver UInt64, run_number Nullable(UInt32), status String, op String, started_at Nullable(DateTime64(3, \'UTC\')), ended_at Nullable(DateTime64(3, \'UTC\')), duration_ms Nullable(Int64), observed_at DateTime64(3, \'UTC\'), utc_offset Int32)') AS state,
    arrayReduce('min', arrayMap(text -> parseDateTime64BestEffortOrNull(if(match(text, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), text, concat(text, zone_text)), 3, 'UTC'), starts)) + toIntervalSecond(utc_offset) AS first_local,
    ver
FROM
(
    WITH JSONExtract(body, 'Tuple(
        pipeline_id String,
        run_number UInt32,
        status String,
        start_time Int64,
        end_time Int64,
        stage_status_list Array(Tuple(start_time String)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        id AS run_id,
        nullIf(b.run_number, 0) AS run_number,
        b.status AS status,
        op,
        fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
        fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
        nullIf(b.end_time, 0) - nullIf(b.start_time, 0) AS duration_ms,
        observed_at,
        b.stage_status_list.start_time AS starts,
        if(zone = '', '+08:00', zone) AS zone_text,
        toInt32(ifNull(dateDiff('second', parseDateTimeBestEffortOrNull(concat('2000-01-02 00:00:00', zone_text), 'UTC'), toDateTime('2000-01-02 00:00:00', 'UTC')), 0)) AS utc_offset,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
);

-- Runs that ended at a time (parameter since) or later, as they are now. Of a
-- run with several days the newest row is taken: none of them is older than
-- since, or it is not over.
CREATE VIEW IF NOT EXISTS runs_ended_since AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    run,
    line,
    state.status AS status,
    state.started_at AS started_at,
    assumeNotNull(state.ended_at) AS ended_at,
    state.duration_ms AS duration_ms,
    first_local - toIntervalSecond(state.utc_offset) AS first_started_at
FROM runs_by_day FINAL
WHERE state.ended_at >= {since:DateTime64(3, 'UTC')}
    AND (run, ver) NOT IN
    (
        SELECT run, arrayJoin(arrayPopBack(arraySort(groupUniqArray(ver))))
        FROM runs_by_day
        WHERE (state.ended_at >= {since:DateTime64(3, 'UTC')} OR state.ended_at IS NULL AND day > toDate(0))
            AND run IN
            (
                SELECT run
                FROM runs_by_day
                WHERE state.ended_at >= {since:DateTime64(3, 'UTC')} OR state.ended_at IS NULL AND day > toDate(0)
                GROUP BY run
                HAVING min(day) < max(day)
            )
        GROUP BY run
    );
