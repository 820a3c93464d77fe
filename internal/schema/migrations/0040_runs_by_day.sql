-- Runs once more, by the day (UTC) at which they began, for what asks about a
-- time range: runs is ordered by pipeline and by ids that say nothing of time.
-- Here the weeks lie apart, as in attempts_by_day (0026_stage_verdicts.sql), and
-- the index of ends leaves out what was over before the range. run and line are
-- the run and its pipeline as numbers, quicker to compare than texts.
-- A run without a start stands on the day of its end, else on that at which it
-- was seen, and has a second row when its start is known. Should CodeArts tell
-- another day of the start later, that is a row too: the newest counts (the views
-- below leave out the others).
-- until is the end of a run; a run that goes on has none before 2200, and one that
-- has not begun none at all (1970). utc_offset is the zone of the tenant, seconds.
CREATE TABLE IF NOT EXISTS runs_by_day
(
    tenant      LowCardinality(String),
    day         Date,
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    run_id      String,
    run         UInt64,
    line        UInt64,
    run_number  Nullable(UInt32),
    status      LowCardinality(String),
    gone        Bool,
    until       DateTime64(3, 'UTC'),
    started_at  Nullable(DateTime64(3, 'UTC')),
    ended_at    Nullable(DateTime64(3, 'UTC')),
    duration_ms Nullable(Int64),
    utc_offset  Int32,
    detail_url  String CODEC(ZSTD(1)),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64,
    INDEX ends until TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY toRelativeMonthNum(day) % 48
ORDER BY (tenant, day, project_id, pipeline_id, run_id)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS runs_by_day_mv TO runs_by_day AS
WITH JSONExtract(body, 'Tuple(
    pipeline_id String,
    run_number UInt32,
    status String,
    start_time Int64,
    end_time Int64,
    detail_url String)') AS b
SELECT
    tenant,
    toDate(coalesce(started_at, ended_at, observed_at)) AS day,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    cityHash64(tenant, project_id, pipeline_id, run_id) AS run,
    cityHash64(tenant, project_id, pipeline_id) AS line,
    nullIf(b.run_number, 0) AS run_number,
    b.status AS status,
    op IN ('deleted', 'expired') AS gone,
    coalesce(ended_at, if(started_at IS NULL, toDateTime64(0, 3, 'UTC'), toDateTime64('2200-01-01', 3, 'UTC'))) AS until,
    fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
    nullIf(b.end_time, 0) - nullIf(b.start_time, 0) AS duration_ms,
    toInt32(ifNull(dateDiff('second', parseDateTimeBestEffortOrNull(concat('2000-01-02 00:00:00', if(zone = '', '+08:00', zone)), 'UTC'), toDateTime('2000-01-02 00:00:00', 'UTC')), 0)) AS utc_offset,
    b.detail_url AS detail_url,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
WHERE kind = 'run';

-- The start of the stage that began first, of all that was seen of a run, so that
-- a retry of it changes nothing. It is told by the clock of the tenant's zone: a
-- zone that is corrected corrects it. The same days as in runs_by_day: a run whose
-- start moved counts the stages that were seen since.
CREATE TABLE IF NOT EXISTS run_starts_by_day
(
    tenant      LowCardinality(String),
    day         Date,
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    run_id      String,
    run         SimpleAggregateFunction(any, UInt64),
    first_local SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    ver         SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
PARTITION BY toRelativeMonthNum(day) % 48
ORDER BY (tenant, day, project_id, pipeline_id, run_id)
SETTINGS min_age_to_force_merge_seconds = 3600, min_age_to_force_merge_on_partition_only = 1;

CREATE MATERIALIZED VIEW IF NOT EXISTS run_starts_by_day_mv TO run_starts_by_day AS
SELECT
    tenant,
    toDate(coalesce(started_at, ended_at, observed_at)) AS day,
    project_id,
    pipeline_id,
    run_id,
    cityHash64(tenant, project_id, pipeline_id, run_id) AS run,
    assumeNotNull(arrayReduce('min', begun)) + toIntervalSecond(ifNull(dateDiff('second', parseDateTimeBestEffortOrNull(concat('2000-01-02 00:00:00', utc_offset), 'UTC'), toDateTime('2000-01-02 00:00:00', 'UTC')), 0)) AS first_local,
    ver
FROM
(
    WITH JSONExtract(body, 'Tuple(
        pipeline_id String,
        start_time Int64,
        end_time Int64,
        stage_status_list Array(Tuple(start_time String)))') AS b
    SELECT
        tenant,
        scope AS project_id,
        b.pipeline_id AS pipeline_id,
        id AS run_id,
        fromUnixTimestamp64Milli(nullIf(b.start_time, 0), 'UTC') AS started_at,
        fromUnixTimestamp64Milli(nullIf(b.end_time, 0), 'UTC') AS ended_at,
        observed_at,
        if(zone = '', '+08:00', zone) AS utc_offset,
        arrayMap(text -> parseDateTime64BestEffortOrNull(if(match(text, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), text, concat(text, utc_offset)), 3, 'UTC'), b.stage_status_list.start_time) AS begun,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
WHERE arrayReduce('min', begun) IS NOT NULL;

-- Runs that ended at a time (parameter since) or later, as they are now. Of a
-- run with several days the newest row is taken: none of them is older than
-- since, or it is not over.
CREATE VIEW IF NOT EXISTS runs_ended_since AS
SELECT
    tenant,
    day,
    project_id,
    pipeline_id,
    run_id,
    run,
    line,
    status,
    started_at,
    assumeNotNull(runs_by_day.ended_at) AS ended_at,
    duration_ms,
    utc_offset
FROM runs_by_day FINAL
WHERE until >= {since:DateTime64(3, 'UTC')}
    AND runs_by_day.ended_at IS NOT NULL
    AND (run, ver) NOT IN
    (
        SELECT run, arrayJoin(arrayPopBack(arraySort(groupUniqArray(ver))))
        FROM runs_by_day
        WHERE until >= {since:DateTime64(3, 'UTC')}
            AND run IN (SELECT run FROM runs_by_day WHERE until >= {since:DateTime64(3, 'UTC')} GROUP BY run HAVING min(day) < max(day))
        GROUP BY run
    );

-- The same with the start of their first stage. Of a run that began long before
-- since, the row is looked up.
CREATE VIEW IF NOT EXISTS run_starts_ended_since AS
SELECT r.*, s.first_local - toIntervalSecond(r.utc_offset) AS first_started_at
FROM runs_ended_since(since = {since:DateTime64(3, 'UTC')}) AS r
LEFT ANY JOIN
(
    SELECT run, day, toNullable(run_starts_by_day.first_local) AS first_local
    FROM run_starts_by_day FINAL
    WHERE day >= toDate({since:DateTime64(3, 'UTC')}) - 8
        OR run IN (SELECT run FROM runs_by_day WHERE until >= {since:DateTime64(3, 'UTC')} AND day < toDate({since:DateTime64(3, 'UTC')}) - 8)
) AS s ON s.run = r.run AND s.day = r.day;

-- Runs that began on a day (parameter since) or later, or were seen then without
-- a start, as they are now.
CREATE VIEW IF NOT EXISTS runs_begun_since AS
SELECT tenant, project_id, pipeline_id, run_id, run, line, ver, run_number, status, gone, started_at, ended_at, observed_at
FROM runs_by_day FINAL
WHERE day >= {since:Date}
    AND (run, ver) NOT IN
    (
        SELECT run, arrayJoin(arrayPopBack(arraySort(groupUniqArray(ver))))
        FROM runs_by_day
        WHERE day >= {since:Date} AND run IN (SELECT run FROM runs_by_day WHERE day >= {since:Date} GROUP BY run HAVING min(day) < max(day))
        GROUP BY run
    );

-- The newest run of every pipeline at a time (parameter as_of): the one with the
-- highest number of those that were there then. The runs of the two weeks before it
-- are looked through; of pipelines without any there, all runs.
CREATE VIEW IF NOT EXISTS newest_runs_as_of AS
WITH
    (
        SELECT groupArray((line, tenant, project_id, pipeline_id, newest.1, newest.2, newest.3, newest.4, newest.5))
        FROM
        (
            SELECT
                r.line AS line,
                CAST(any(r.tenant), 'String') AS tenant,
                CAST(any(r.project_id), 'String') AS project_id,
                CAST(any(r.pipeline_id), 'String') AS pipeline_id,
                argMax((r.run_id, CAST(r.status, 'String'), r.started_at, r.ended_at, r.observed_at), bitShiftLeft(toUInt128(assumeNotNull(r.run_number)), 64) + r.ver) AS newest
            FROM runs_begun_since(since = toDate({as_of:DateTime64(3, 'UTC')}) - 14) AS r
            WHERE r.run_number IS NOT NULL
                AND ifNull(r.started_at, r.observed_at) <= {as_of:DateTime64(3, 'UTC')}
                AND NOT (r.gone AND r.observed_at <= {as_of:DateTime64(3, 'UTC')})
            GROUP BY r.line
        )
    ) AS recent
SELECT r.2 AS tenant, r.3 AS project_id, r.4 AS pipeline_id, r.5 AS run_id, r.6 AS status, r.7 AS started_at, r.8 AS ended_at, r.9 AS observed_at
FROM (SELECT arrayJoin(recent) AS r)
UNION ALL
SELECT tenant, project_id, pipeline_id, newest.1, newest.2, newest.3, newest.4, newest.5
FROM
(
    SELECT tenant, project_id, pipeline_id, argMax((run_id, CAST(runs.status, 'String'), runs.started_at, runs.ended_at, runs.observed_at), (run_number, ver)) AS newest
    FROM runs FINAL
    WHERE run_number IS NOT NULL
        AND ifNull(runs.started_at, runs.observed_at) <= {as_of:DateTime64(3, 'UTC')}
        AND NOT (op IN ('deleted', 'expired') AND runs.observed_at <= {as_of:DateTime64(3, 'UTC')})
        AND (tenant, project_id, pipeline_id) IN
        (
            SELECT tenant, project_id, pipeline_id
            FROM pipelines
            WHERE cityHash64(tenant, project_id, pipeline_id) NOT IN (SELECT arrayJoin(recent).1)
        )
    GROUP BY tenant, project_id, pipeline_id
);

-- As in 0036_as_of.sql, by the newest run of each pipeline.
CREATE OR REPLACE VIEW failed_stages_as_of AS
WITH {as_of:DateTime64(3, 'UTC')} AS moment,
    (
        SELECT groupArray((CAST(tenant, 'String'), day, CAST(project_id, 'String'), CAST(pipeline_id, 'String'), run_id))
        FROM
        (
            SELECT
                tenant,
                arrayJoin(arrayMap(d -> toDate(ifNull(started_at, observed_at - INTERVAL 90 DAY)) - 1 + d, range(toUInt32(3 + greatest(dateDiff('day', ifNull(started_at, observed_at - INTERVAL 90 DAY), least(ifNull(ended_at, {as_of:DateTime64(3, 'UTC')}), {as_of:DateTime64(3, 'UTC')})), 0))))) AS day,
                project_id,
                pipeline_id,
                run_id
            FROM newest_runs_as_of(as_of = {as_of:DateTime64(3, 'UTC')})
            WHERE if(ifNull(ended_at <= {as_of:DateTime64(3, 'UTC')}, false), status = 'FAILED', (tenant, project_id, pipeline_id, run_id) IN
                (
                    SELECT tenant, project_id, pipeline_id, run_id
                    FROM run_states
                    WHERE run_states.observed_at <= {as_of:DateTime64(3, 'UTC')}
                        AND (tenant, project_id, pipeline_id, run_id) IN
                        (
                            SELECT tenant, project_id, pipeline_id, run_id
                            FROM runs_by_day
                            WHERE (until > {as_of:DateTime64(3, 'UTC')} OR until = toDateTime64(0, 3, 'UTC'))
                                AND ifNull(started_at, observed_at) <= {as_of:DateTime64(3, 'UTC')}
                        )
                    GROUP BY tenant, project_id, pipeline_id, run_id
                    HAVING argMax(CAST(run_states.status, 'String'), run_states.ver) = 'FAILED'
                ))
                AND (tenant, project_id, pipeline_id) NOT IN
                (
                    SELECT tenant, project_id, pipeline_id
                    FROM pipelines
                    GROUP BY tenant, project_id, pipeline_id
                    HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= {as_of:DateTime64(3, 'UTC')}), pipelines.ver) = (1, true)
                )
        )
    ) AS failed
SELECT
    a.tenant AS tenant,
    a.project_id AS project_id,
    a.pipeline_id AS pipeline_id,
    p.name AS pipeline,
    p.project_name AS project_name,
    a.run_id AS run_id,
    a.run_number AS run_number,
    a.position AS position,
    a.name AS stage,
    a.started_at AS started_at,
    a.ended_at AS ended_at,
    a.executor_name AS executor_name,
    a.commit_id AS commit_id,
    a.target_branch AS target_branch
FROM
(
    SELECT *
    FROM attempts_by_day FINAL
    PREWHERE (tenant, day, project_id, pipeline_id, run_id) IN
    (
        SELECT key.1, key.2, key.3, key.4, key.5 FROM (SELECT arrayJoin(failed) AS key)
    )
    WHERE ifNull(started_at <= moment, true)
    ORDER BY started_at DESC, ver DESC
    LIMIT 1 BY tenant, project_id, pipeline_id, run_id, position, name
) AS a
INNER JOIN
(
    SELECT tenant, project_id, pipeline_id, argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS name, argMaxIf(pipelines.project_name, pipelines.ver, pipelines.project_name != '') AS project_name
    FROM pipelines
    GROUP BY tenant, project_id, pipeline_id
) AS p ON p.tenant = a.tenant AND p.project_id = a.project_id AND p.pipeline_id = a.pipeline_id
WHERE a.status = 'FAILED';

-- As in 0036_as_of.sql. What may not have been over is looked up by days.
CREATE OR REPLACE VIEW open_runs_as_of AS
WITH {as_of:DateTime64(3, 'UTC')} AS moment
SELECT *
FROM
(
    SELECT r.* REPLACE if(ifNull(r.ended_at <= moment, false), r.status, s.status) AS status
    FROM
    (
        SELECT *
        FROM runs FINAL
        PREWHERE (tenant, project_id, pipeline_id, run_id) IN
        (
            SELECT tenant, project_id, pipeline_id, run_id
            FROM runs_by_day
            WHERE ifNull(started_at, observed_at) <= moment AND (ended_at IS NULL OR ended_at > moment OR status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED'))
        )
        WHERE ifNull(started_at, observed_at) <= moment
            AND NOT (op IN ('deleted', 'expired') AND observed_at <= moment)
            AND (tenant, project_id, pipeline_id) NOT IN
            (
                SELECT tenant, project_id, pipeline_id
                FROM pipelines
                GROUP BY tenant, project_id, pipeline_id
                HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= moment), pipelines.ver) = (1, true)
            )
    ) AS r
    LEFT JOIN
    (
        SELECT tenant, project_id, pipeline_id, run_id, argMax(CAST(run_states.status, 'String'), run_states.ver) AS status
        FROM run_states
        WHERE run_states.observed_at <= moment
            AND (tenant, project_id, pipeline_id, run_id) IN
            (
                SELECT tenant, project_id, pipeline_id, run_id
                FROM runs_by_day
                WHERE ifNull(started_at, observed_at) <= moment AND (ended_at IS NULL OR ended_at > moment)
            )
        GROUP BY tenant, project_id, pipeline_id, run_id
    ) AS s ON s.tenant = r.tenant AND s.project_id = r.project_id AND s.pipeline_id = r.pipeline_id AND s.run_id = r.run_id
)
WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED');

-- The completeness certificate as in 0027_run_states.sql, of days from since on.
-- Of a pipeline that lacks numbers all runs are read: before a run may come one
-- of an earlier day.
CREATE VIEW IF NOT EXISTS completeness_days_since AS
SELECT
    d.tenant AS tenant,
    d.project_id AS project_id,
    d.pipeline_id AS pipeline_id,
    d.day AS day,
    d.known AS known,
    d.expected AS expected,
    d.pending AS pending,
    d.unknown AS unknown,
    d.open AS open,
    d.unnumbered AS unnumbered,
    s.last_good_sweep_at AS last_good_sweep_at
FROM
(
    SELECT
        any(r.tenant) AS tenant,
        any(r.project_id) AS project_id,
        any(r.pipeline_id) AS pipeline_id,
        day,
        count() AS known,
        countIf(number IS NULL) AS unnumbered,
        countIf(status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AND NOT gone) AS open,
        sum(gap) AS missing,
        sum(looked_for) AS unknown,
        missing - unknown AS pending,
        countIf(number IS NOT NULL) + missing AS expected
    FROM
    (
        SELECT
            n.tenant AS tenant, n.project_id AS project_id, n.pipeline_id AS pipeline_id, cityHash64(n.tenant, n.project_id, n.pipeline_id) AS line, n.number AS number, n.day AS day, n.status AS status, n.gone AS gone,
            if(n.number IS NULL OR n.before IS NULL, 0, greatest(toInt64(n.number) - toInt64(n.before) - 1, 0)) AS gap,
            if(gap = 0, 0, greatest(least(toInt64(n.number) - 1, toInt64(c.through)) - toInt64(n.before), 0)) AS looked_for
        FROM
        (
            SELECT
                tenant,
                project_id,
                pipeline_id,
                run_number AS number,
                toDate(started_at, 'UTC') AS day,
                status,
                op IN ('deleted', 'expired') AS gone,
                lagInFrame(run_number) OVER (PARTITION BY tenant, project_id, pipeline_id, run_number IS NULL ORDER BY run_number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
            FROM runs FINAL
            WHERE started_at IS NOT NULL AND (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM completeness WHERE missing > 0)
        ) AS n
        LEFT JOIN (SELECT * FROM coverage FINAL WHERE complete) AS c
            ON c.tenant = n.tenant AND c.project_id = n.project_id AND c.pipeline_id = n.pipeline_id
        UNION ALL
        SELECT tenant, project_id, pipeline_id, line, run_number, toDate(started_at, 'UTC') AS day, status, gone, 0, 0
        FROM runs_begun_since(since = {since:Date})
        WHERE started_at IS NOT NULL AND line NOT IN (SELECT cityHash64(tenant, project_id, pipeline_id) FROM completeness WHERE missing > 0)
    ) AS r
    WHERE day >= {since:Date}
    GROUP BY line, day
) AS d
LEFT JOIN
(
    SELECT tenant, scope, toDate(finished_at, 'UTC') AS day, max(finished_at) AS last_good_sweep_at
    FROM polls
    WHERE poller = 'pipelines' AND last AND complete AND errors = 0
    GROUP BY tenant, scope, day
) AS s ON s.tenant = d.tenant AND s.scope = d.project_id AND s.day = d.day;

-- As in 0027_run_states.sql. A run is counted once that began in the window.
CREATE OR REPLACE VIEW coverage_check AS
WITH windows AS (SELECT *, cityHash64(tenant, project_id, pipeline_id) AS line FROM coverage FINAL WHERE window_to IS NOT NULL)
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    c.pipeline_id AS pipeline_id,
    c.window_from AS window_from,
    c.window_to AS window_to,
    c.complete AS complete,
    c.total AS api_total,
    c.seen AS seen,
    toUInt64(r.runs) AS stored,
    if(c.complete, greatest(api_total - toInt64(stored), 0), NULL) AS unexplained,
    c.observed_at AS observed_at
FROM windows AS c
LEFT JOIN
(
    SELECT r.line AS line, uniqExact(r.run) AS runs
    FROM runs_by_day AS r FINAL
    INNER JOIN windows AS w ON w.line = r.line
    WHERE r.started_at BETWEEN w.window_from AND w.window_to
    GROUP BY r.line
) AS r ON r.line = c.line;
