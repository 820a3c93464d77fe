-- The completeness certificate reads fewer runs: those before which a number may be
-- missing, and counts them only of the days that it shows (dash_certificate).

-- As in 0061_number_gaps.sql, of pipelines that miss a number.
CREATE OR REPLACE VIEW gap_days AS
WITH {since:Date} - least(8, toUInt16({since:Date})) AS before
SELECT n.line AS line, any(n.tenant) AS tenant, any(n.project_id) AS project_id, any(n.pipeline_id) AS pipeline_id, newest_day AS day, sum(n.missing) AS missing, sum(n.unknown) AS unknown
FROM
(
    SELECT r.line AS line, any(g.tenant) AS tenant, any(g.project_id) AS project_id, any(g.pipeline_id) AS pipeline_id, argMax(r.day, r.ver) AS newest_day, any(g.missing) AS missing, any(g.unknown) AS unknown
    FROM
    (
        SELECT line, toInt64(assumeNotNull(run_number)) AS number, runs_by_day.day AS day, ver
        FROM runs_by_day
        WHERE runs_by_day.day >= before AND run_number IS NOT NULL
            AND line IN (SELECT cityHash64(tenant, project_id, pipeline_id) FROM known_numbers WHERE assumeNotNull(high - low) + 1 > numbers)
    ) AS r
    INNER JOIN (SELECT *, cityHash64(tenant, project_id, pipeline_id) AS line FROM number_gaps) AS g ON g.line = r.line AND g.number = r.number
    GROUP BY r.line, r.number
    HAVING newest_day >= {since:Date}
) AS n
GROUP BY line, day;

-- As in 0043_coverage_check.sql. Runs are counted apart as an array of each pipeline:
-- to ClickHouse that is a third of the work of uniqExact over many groups.
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
    length(r.runs) AS stored,
    if(c.complete, greatest(api_total - toInt64(stored), 0), NULL) AS unexplained,
    c.observed_at AS observed_at
FROM windows AS c
LEFT JOIN
(
    SELECT r.line AS line, arrayDistinct(groupArray(r.run)) AS runs
    FROM runs_by_day AS r FINAL
    INNER JOIN windows AS w ON w.line = r.line
    WHERE r.started_at BETWEEN w.window_from AND w.window_to AND r.day >= (SELECT toDate(min(window_from)) FROM windows)
    GROUP BY r.line
) AS r ON r.line = c.line;

DROP VIEW IF EXISTS completeness_line_days;
