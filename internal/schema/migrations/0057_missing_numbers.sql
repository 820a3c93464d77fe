-- The completeness certificate with fewer looks at all runs: what is missing is
-- looked for in pipelines that miss something, and only there.

-- The run numbers that are missing before a run: of all that lie between its number
-- and that of the run before it. unknown: those of them up to the highest number to
-- which the execution records were read to their end; CodeArts does not have them.
-- day is that of the run (UTC). Runs are put together by a number for the names of
-- their pipeline, as in the query dash_names_number.
CREATE VIEW IF NOT EXISTS missing_numbers AS
SELECT
    n.tenant AS tenant,
    n.project_id AS project_id,
    n.pipeline_id AS pipeline_id,
    gap.1 AS number,
    gap.2 AS day,
    gap.1 - gap.3 - 1 AS missing,
    greatest(least(gap.1 - 1, toInt64(c.through)) - gap.3, 0) AS unknown
FROM
(
    SELECT
        any(r.tenant) AS tenant, any(r.project_id) AS project_id, any(r.pipeline_id) AS pipeline_id,
        arraySort(groupArray((toInt64(assumeNotNull(r.run_number)), assumeNotNull(toDate(r.started_at, 'UTC'))))) AS runs,
        arrayFilter(g -> g.1 > g.3 + 1, arrayMap((run, before) -> (run.1, run.2, before.1), arrayPopFront(runs), arrayPopBack(runs))) AS gaps
    FROM runs AS r FINAL
    WHERE r.run_number IS NOT NULL AND r.started_at IS NOT NULL
        AND (r.tenant, r.project_id, r.pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM completeness WHERE missing > 0)
    GROUP BY toUInt64(CRC64(r.tenant)) * 11400714819323198485 + toUInt64(CRC64(r.project_id)) * 13 + toUInt64(CRC64(r.pipeline_id)) * 7
) AS n
ARRAY JOIN gaps AS gap
LEFT JOIN (SELECT * FROM coverage FINAL WHERE complete) AS c
    ON c.tenant = n.tenant AND c.project_id = n.project_id AND c.pipeline_id = n.pipeline_id;

-- Poll records of a project and day are counted by a number for their names, as in
-- the query dash_poll_rounds.
CREATE OR REPLACE VIEW good_sweeps_since AS
WITH (tenant, scope) -> toUInt64(CRC64(tenant)) * 11400714819323198485 + toUInt64(CRC64(scope)) * 13 AS number
SELECT k.tenant AS tenant, k.scope AS scope, s.day AS day, s.last_good_sweep_at AS last_good_sweep_at
FROM
(
    SELECT number(tenant, scope) AS key, assumeNotNull(toDate(finished_at, 'UTC')) AS day, max(polls.finished_at) AS last_good_sweep_at
    FROM polls
    WHERE poller = 'pipelines' AND last AND complete AND errors = 0 AND finished_at IS NOT NULL AND stored_at >= toDateTime({since:Date}, 'UTC') - INTERVAL 1 DAY
    GROUP BY key, day
) AS s
INNER JOIN (SELECT tenant, scope, number(tenant, scope) AS key FROM newest_polls FINAL WHERE poller = 'pipelines' AND what = 'complete') AS k ON k.key = s.key;

-- As in 0027_run_states.sql.
CREATE OR REPLACE VIEW completeness_days AS
SELECT
    d.tenant AS tenant,
    d.project_id AS project_id,
    d.pipeline_id AS pipeline_id,
    d.day AS day,
    d.known AS known,
    d.known - d.unnumbered + g.missing AS expected,
    g.missing - g.unknown AS pending,
    g.unknown AS unknown,
    d.open AS open,
    d.unnumbered AS unnumbered,
    s.last_good_sweep_at AS last_good_sweep_at
FROM
(
    SELECT
        tenant, project_id, pipeline_id, assumeNotNull(toDate(started_at, 'UTC')) AS day,
        toInt64(count()) AS known,
        countIf(run_number IS NULL) AS unnumbered,
        countIf(status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AND op NOT IN ('deleted', 'expired')) AS open
    FROM runs FINAL
    WHERE started_at IS NOT NULL
    GROUP BY tenant, project_id, pipeline_id, day
) AS d
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, day, sum(missing_numbers.missing) AS missing, sum(missing_numbers.unknown) AS unknown
    FROM missing_numbers
    GROUP BY tenant, project_id, pipeline_id, day
) AS g USING (tenant, project_id, pipeline_id, day)
LEFT JOIN good_sweeps_since(since = toDate('2000-01-01')) AS s ON s.tenant = d.tenant AND s.scope = d.project_id AND s.day = d.day;

-- As in 0053_fewer_lookups.sql.
CREATE OR REPLACE VIEW completeness_line_days AS
SELECT
    d.line AS line,
    d.day AS day,
    d.known AS known,
    d.unnumbered AS unnumbered,
    d.open AS open,
    g.missing AS missing,
    g.unknown AS unknown,
    g.missing - g.unknown AS pending,
    d.known - d.unnumbered + g.missing AS expected
FROM
(
    SELECT
        line, assumeNotNull(toDate(started_at, 'UTC')) AS day,
        toInt64(count()) AS known,
        countIf(run_number IS NULL) AS unnumbered,
        countIf(status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AND NOT gone) AS open
    FROM runs_begun_since(since = {since:Date})
    WHERE started_at IS NOT NULL
    GROUP BY line, day
    HAVING day >= {since:Date}
) AS d
LEFT JOIN
(
    SELECT cityHash64(tenant, project_id, pipeline_id) AS line, day, sum(missing_numbers.missing) AS missing, sum(missing_numbers.unknown) AS unknown
    FROM missing_numbers
    GROUP BY line, day
) AS g USING (line, day);
