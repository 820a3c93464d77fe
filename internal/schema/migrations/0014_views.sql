-- Views that more than one reader needs. They hold no data; numbers are
-- computed from raw rows at the time of the question.

-- Per pipeline: run numbers stored between the lowest and the highest one.
-- completeness is NULL while no run has a number. Runs without a number
-- (queued) are counted apart. Deleted and expired runs count as stored.
CREATE VIEW IF NOT EXISTS completeness AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    uniqExact(run_number) AS stored,
    toUInt64(ifNull(max(run_number) - min(run_number) + 1, 0)) AS expected,
    expected - stored AS missing,
    if(expected = 0, NULL, stored / expected) AS completeness,
    min(run_number) AS lowest,
    max(run_number) AS highest,
    countIf(run_number IS NULL) AS unnumbered
FROM runs FINAL
GROUP BY tenant, project_id, pipeline_id;

-- The completeness certificate: per pipeline and day (UTC, of the run's start)
-- what is known and what is not. A missing number belongs to the day of the
-- next known one: it was started no later. Numbers below the lowest known one
-- are out of reach and not counted.
-- known      runs that are stored, open of them not over, unnumbered of them
--            without a number
-- expected   numbered runs and the numbers missing before them
-- pending    missing numbers that CodeArts has not been asked for yet
-- unknown    missing numbers that its execution records do not have: nobody
--            promises that numbers have no gaps, so this is no loss
-- last_good_sweep_at is that of the project's pipeline list, of the day.
CREATE VIEW IF NOT EXISTS completeness_days AS
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
            n.*,
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
            WHERE started_at IS NOT NULL
        ) AS n
        LEFT JOIN (SELECT * FROM coverage FINAL WHERE complete) AS c
            ON c.tenant = n.tenant AND c.project_id = n.project_id AND c.pipeline_id = n.pipeline_id
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

-- What CodeArts said of the last window of execution records that was read,
-- and what is stored of it. unexplained is the difference, NULL while the
-- window has not been read to its end; more stored than said is no loss (a run
-- was deleted since) and counts as 0.
CREATE VIEW IF NOT EXISTS coverage_check AS
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    c.pipeline_id AS pipeline_id,
    c.window_from AS window_from,
    c.window_to AS window_to,
    c.complete AS complete,
    c.total AS api_total,
    c.seen AS seen,
    countIf(r.started_at BETWEEN c.window_from AND c.window_to) AS stored,
    if(c.complete, greatest(api_total - toInt64(stored), 0), NULL) AS unexplained,
    c.observed_at AS observed_at
FROM (SELECT * FROM coverage FINAL WHERE window_to IS NOT NULL) AS c
LEFT JOIN (SELECT tenant, project_id, pipeline_id, started_at FROM runs FINAL) AS r
    ON r.tenant = c.tenant AND r.project_id = c.project_id AND r.pipeline_id = c.pipeline_id
GROUP BY ALL;

-- Failed stages of the newest run of every pipeline, while that run is FAILED:
-- a newer run, or a retry of the same one, takes the pipeline off the list.
-- "Newest" is the highest run number; deleted pipelines do not show.
CREATE VIEW IF NOT EXISTS failed_stages_now AS
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
    FROM stage_attempts FINAL
    WHERE (tenant, project_id, pipeline_id, run_id) IN
    (
        SELECT tenant, project_id, pipeline_id, newest.1
        FROM
        (
            SELECT tenant, project_id, pipeline_id, argMax((run_id, status), (assumeNotNull(run_number), ver)) AS newest
            FROM runs FINAL
            WHERE run_number IS NOT NULL
            GROUP BY tenant, project_id, pipeline_id
        )
        WHERE newest.2 = 'FAILED'
    )
    ORDER BY started_at DESC, ver DESC
    LIMIT 1 BY tenant, project_id, pipeline_id, run_id, position, name
) AS a
INNER JOIN
(
    SELECT tenant, project_id, pipeline_id, name, project_name
    FROM pipelines FINAL
) AS p ON p.tenant = a.tenant AND p.project_id = a.project_id AND p.pipeline_id = a.pipeline_id
WHERE a.status = 'FAILED';
