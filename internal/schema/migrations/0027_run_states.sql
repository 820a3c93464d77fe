-- Every observed state of a run: how its status went over time. A status holds
-- from observed_at until the next row of the run, as far as polling saw it.
CREATE TABLE IF NOT EXISTS run_states
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    run_id      String,
    status      LowCardinality(String),
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS run_states_mv TO run_states AS
WITH JSONExtract(body, 'Tuple(pipeline_id String, status String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    b.status AS status,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
WHERE kind = 'run';

-- What was seen of a run's waiting for somebody (PAUSED, SUSPEND): how often,
-- and for how long in all. A pause that goes on counts up to now, and since
-- says when it was seen first. A run that was over when it was first seen (from
-- history) may have waited: pauses and paused_s are NULL, not 0.
CREATE VIEW IF NOT EXISTS run_pauses AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    argMin(status, ver) NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AS seen_live,
    if(seen_live, countIf(waits AND NOT waited), NULL) AS pauses,
    if(seen_live, sumIf(dateDiff('millisecond', observed_at, ifNull(until, now64(3))), waits) / 1000, NULL) AS paused_s,
    if(argMax(waits, ver), maxIf(toNullable(observed_at), waits AND NOT waited), NULL) AS since
FROM
(
    SELECT
        *,
        status IN ('PAUSED', 'SUSPEND') AND op NOT IN ('deleted', 'expired') AS waits,
        lagInFrame(waits, 1, 0) OVER life AS waited,
        leadInFrame(toNullable(observed_at)) OVER life AS until
    FROM run_states FINAL
    WINDOW life AS (PARTITION BY tenant, project_id, pipeline_id, run_id ORDER BY ver ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
GROUP BY tenant, project_id, pipeline_id, run_id;

-- Which run numbers of a pipeline are stored: a bit for each, 64 to a row, so
-- that counting those of ten million runs is reading some hundred thousand rows.
-- A number that was stored once stays stored, whatever comes again or later.
-- ver is the version of the newest event that a row says something of.
CREATE TABLE IF NOT EXISTS run_numbers
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    block       UInt32,
    bits        SimpleAggregateFunction(groupBitOr, UInt64),
    ver         SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY (tenant, project_id, pipeline_id, block);

CREATE MATERIALIZED VIEW IF NOT EXISTS run_numbers_mv TO run_numbers AS
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    intDiv(b.run_number, 64) AS block,
    bitShiftLeft(toUInt64(1), b.run_number % 64) AS bits,
    ver
FROM
(
    SELECT tenant, scope, JSONExtract(body, 'Tuple(pipeline_id String, run_number UInt32)') AS b, bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
WHERE b.run_number > 0;

-- Per pipeline: run numbers stored between the lowest and the highest one.
-- completeness is NULL while no run has a number. Runs without a number
-- (queued) are counted apart: what may be one is looked up first, in any version
-- that a run has had. Deleted and expired runs count as stored.
CREATE OR REPLACE VIEW completeness AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    sum(numbers) AS stored,
    toUInt64(ifNull(max(high) - min(low) + 1, 0)) AS expected,
    expected - stored AS missing,
    if(expected = 0, NULL, stored / expected) AS completeness,
    min(low) AS lowest,
    max(high) AS highest,
    sum(none) AS unnumbered
FROM
(
    SELECT
        tenant, project_id, pipeline_id,
        sum(bitCount(bits)) AS numbers,
        toNullable(toUInt32(64 * min(block) + arrayMin(bitPositionsToArray(argMin(bits, block))))) AS low,
        toNullable(toUInt32(64 * max(block) + arrayMax(bitPositionsToArray(argMax(bits, block))))) AS high,
        toUInt64(0) AS none
    FROM run_numbers FINAL
    GROUP BY tenant, project_id, pipeline_id
    UNION ALL
    SELECT tenant, project_id, pipeline_id, 0, NULL, NULL, count()
    FROM runs FINAL
    PREWHERE (tenant, project_id, pipeline_id, run_id) IN (SELECT tenant, project_id, pipeline_id, run_id FROM runs WHERE run_number IS NULL)
    WHERE run_number IS NULL
    GROUP BY tenant, project_id, pipeline_id
)
GROUP BY tenant, project_id, pipeline_id;

-- The completeness certificate, with the columns that 0014_views.sql explains. A
-- pipeline that lacks no number has no gap: its runs are only counted, by day.
CREATE OR REPLACE VIEW completeness_days AS
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
        tenant,
        project_id,
        pipeline_id,
        day,
        count() AS known,
        countIf(number IS NULL) AS unnumbered,
        countIf(status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AND op NOT IN ('deleted', 'expired')) AS open,
        sum(gap) AS missing,
        sum(looked_for) AS unknown,
        missing - unknown AS pending,
        countIf(number IS NOT NULL) + missing AS expected
    FROM
    (
        SELECT
            n.tenant AS tenant, n.project_id AS project_id, n.pipeline_id AS pipeline_id, n.number AS number, n.day AS day, n.status AS status, n.op AS op,
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
                op,
                lagInFrame(run_number) OVER (PARTITION BY tenant, project_id, pipeline_id, run_number IS NULL ORDER BY run_number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
            FROM runs FINAL
            WHERE started_at IS NOT NULL AND (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM completeness WHERE missing > 0)
        ) AS n
        LEFT JOIN (SELECT * FROM coverage FINAL WHERE complete) AS c
            ON c.tenant = n.tenant AND c.project_id = n.project_id AND c.pipeline_id = n.pipeline_id
        UNION ALL
        SELECT tenant, project_id, pipeline_id, run_number, toDate(started_at, 'UTC') AS day, status, op, 0, 0
        FROM runs FINAL
        WHERE started_at IS NOT NULL AND (tenant, project_id, pipeline_id) NOT IN (SELECT tenant, project_id, pipeline_id FROM completeness WHERE missing > 0)
    )
    GROUP BY tenant, project_id, pipeline_id, day
) AS d
LEFT JOIN
(
    SELECT tenant, scope, toDate(finished_at, 'UTC') AS day, max(finished_at) AS last_good_sweep_at
    FROM polls
    WHERE poller = 'pipelines' AND last AND complete AND errors = 0
    GROUP BY tenant, scope, day
) AS s ON s.tenant = d.tenant AND s.scope = d.project_id AND s.day = d.day;

-- As 0014_views.sql has it. The starts of a pipeline's runs are gathered in the
-- order of the table, before they are compared with its window.
CREATE OR REPLACE VIEW coverage_check AS
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    c.pipeline_id AS pipeline_id,
    c.window_from AS window_from,
    c.window_to AS window_to,
    c.complete AS complete,
    c.total AS api_total,
    c.seen AS seen,
    toUInt64(arrayCount(at -> ifNull(at BETWEEN c.window_from AND c.window_to, false), r.starts)) AS stored,
    if(c.complete, greatest(api_total - toInt64(stored), 0), NULL) AS unexplained,
    c.observed_at AS observed_at
FROM (SELECT * FROM coverage FINAL WHERE window_to IS NOT NULL) AS c
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, groupArray(assumeNotNull(started_at)) AS starts
    FROM runs FINAL
    WHERE started_at IS NOT NULL
    GROUP BY tenant, project_id, pipeline_id
    SETTINGS optimize_aggregation_in_order = 1
) AS r ON r.tenant = c.tenant AND r.project_id = c.project_id AND r.pipeline_id = c.pipeline_id;
