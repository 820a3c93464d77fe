-- As in 0040_runs_by_day.sql, from the day of the earliest window on: a run that
-- has begun stands on the day of its start.
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
    WHERE r.started_at BETWEEN w.window_from AND w.window_to AND r.day >= (SELECT toDate(min(window_from)) FROM windows)
    GROUP BY r.line
) AS r ON r.line = c.line;
