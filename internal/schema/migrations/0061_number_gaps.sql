-- The completeness certificate finds what is missing among the numbers alone: of the
-- runs it only looks for the day of those that a gap lies before.

-- Run numbers of a pipeline that are missing before a known one: of all that lie
-- between it and the known one before it. Known is what run_numbers has a bit for.
-- unknown as in 0057_missing_numbers.sql.
CREATE VIEW IF NOT EXISTS number_gaps AS
SELECT
    n.tenant AS tenant,
    n.project_id AS project_id,
    n.pipeline_id AS pipeline_id,
    gap.1 AS number,
    gap.1 - gap.2 - 1 AS missing,
    greatest(least(gap.1 - 1, toInt64(c.through)) - gap.2, 0) AS unknown
FROM
(
    SELECT
        tenant, project_id, pipeline_id,
        arraySort(groupArrayArray(arrayMap(position -> 64 * toInt64(block) + position, bitPositionsToArray(bits)))) AS numbers,
        arrayFilter(g -> g.1 > g.2 + 1, arrayZip(arrayPopFront(numbers), arrayPopBack(numbers))) AS gaps
    FROM run_numbers FINAL
    WHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM known_numbers WHERE assumeNotNull(high - low) + 1 > numbers)
    GROUP BY tenant, project_id, pipeline_id
) AS n
ARRAY JOIN gaps AS gap
LEFT JOIN (SELECT * FROM coverage FINAL WHERE complete) AS c
    ON c.tenant = n.tenant AND c.project_id = n.project_id AND c.pipeline_id = n.pipeline_id;

-- Missing run numbers by the day (UTC) of the run that they are missing before: that
-- of its start, of its end or sight if it never began. A run whose start moved has a
-- row on an earlier day too, up to eight days before since: its newest row counts.
CREATE VIEW IF NOT EXISTS gap_days AS
WITH {since:Date} - least(8, toUInt16({since:Date})) AS before
SELECT n.line AS line, any(n.tenant) AS tenant, any(n.project_id) AS project_id, any(n.pipeline_id) AS pipeline_id, newest_day AS day, sum(n.missing) AS missing, sum(n.unknown) AS unknown
FROM
(
    SELECT r.line AS line, any(g.tenant) AS tenant, any(g.project_id) AS project_id, any(g.pipeline_id) AS pipeline_id, argMax(r.day, r.ver) AS newest_day, any(g.missing) AS missing, any(g.unknown) AS unknown
    FROM (SELECT line, toInt64(assumeNotNull(run_number)) AS number, runs_by_day.day AS day, ver FROM runs_by_day WHERE runs_by_day.day >= before AND run_number IS NOT NULL) AS r
    INNER JOIN (SELECT *, cityHash64(tenant, project_id, pipeline_id) AS line FROM number_gaps) AS g ON g.line = r.line AND g.number = r.number
    GROUP BY r.line, r.number
    HAVING newest_day >= {since:Date}
) AS n
GROUP BY line, day;

-- As in 0057_missing_numbers.sql. A gap may be of a day on which no run began.
CREATE OR REPLACE VIEW completeness_days AS
SELECT
    d.tenant AS tenant,
    d.project_id AS project_id,
    d.pipeline_id AS pipeline_id,
    d.day AS day,
    d.known AS known,
    d.known - d.unnumbered + d.missing AS expected,
    d.missing - d.unknown AS pending,
    d.unknown AS unknown,
    d.open AS open,
    d.unnumbered AS unnumbered,
    s.last_good_sweep_at AS last_good_sweep_at
FROM
(
    SELECT tenant, project_id, pipeline_id, day, sum(n.known) AS known, sum(n.unnumbered) AS unnumbered, sum(n.open) AS open, sum(n.missing) AS missing, sum(n.unknown) AS unknown
    FROM
    (
        SELECT
            tenant, project_id, pipeline_id, assumeNotNull(toDate(started_at, 'UTC')) AS day,
            toInt64(count()) AS known,
            countIf(run_number IS NULL) AS unnumbered,
            countIf(status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AND op NOT IN ('deleted', 'expired')) AS open,
            0 AS missing, 0 AS unknown
        FROM runs FINAL
        WHERE started_at IS NOT NULL
        GROUP BY tenant, project_id, pipeline_id, day
        UNION ALL
        SELECT tenant, project_id, pipeline_id, day, 0, 0, 0, missing, unknown
        FROM gap_days(since = toDate('2000-01-01'))
    ) AS n
    GROUP BY tenant, project_id, pipeline_id, day
) AS d
LEFT JOIN good_sweeps_since(since = toDate('2000-01-01')) AS s ON s.tenant = d.tenant AND s.scope = d.project_id AND s.day = d.day;

-- The same by lines, for a panel: joined, as adding up all days costs it a tenth more.
CREATE OR REPLACE VIEW completeness_line_days AS
SELECT
    line,
    day,
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
FULL JOIN gap_days(since = {since:Date}) AS g USING (line, day);

DROP VIEW IF EXISTS missing_numbers;
