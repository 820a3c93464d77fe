-- Starts of runs as in 0040_runs_by_day.sql. Those of runs that began long before
-- since are looked up by their days, which are those of their runs.
CREATE OR REPLACE VIEW run_starts_ended_since AS
SELECT r.*, s.first_local - toIntervalSecond(r.utc_offset) AS first_started_at
FROM runs_ended_since(since = {since:DateTime64(3, 'UTC')}) AS r
LEFT ANY JOIN
(
    SELECT run, day, toNullable(run_starts_by_day.first_local) AS first_local
    FROM run_starts_by_day FINAL
    WHERE day >= toDate({since:DateTime64(3, 'UTC')}) - 8
    UNION ALL
    SELECT run, day, toNullable(run_starts_by_day.first_local) AS first_local
    FROM run_starts_by_day FINAL
    WHERE (day, run) IN (SELECT day, run FROM runs_by_day WHERE until >= {since:DateTime64(3, 'UTC')} AND day < toDate({since:DateTime64(3, 'UTC')}) - 8)
) AS s ON s.run = r.run AND s.day = r.day;
