-- As in 0053_fewer_lookups.sql. A run whose start moved has a row on the day of the
-- earlier start too, which does not count: also when the newest one lies up to eight
-- days before since.
CREATE OR REPLACE VIEW runs_begun_since AS
WITH {since:Date} - least(8, toUInt16({since:Date})) AS before
SELECT tenant, project_id, pipeline_id, run_id, run, line, ver, run_number, status, gone, started_at, ended_at, observed_at
FROM runs_by_day FINAL
WHERE day >= {since:Date}
    AND (run, ver) NOT IN
    (
        SELECT run, arrayJoin(arrayPopBack(arraySort(groupUniqArray(ver))))
        FROM runs_by_day
        WHERE day >= before
            AND run IN
            (
                SELECT arrayJoin(arrayFilter((run, last) -> run = last, runs, arrayPushFront(arrayPopBack(runs), 0)))
                FROM (SELECT arraySort(groupArray(run)) AS runs FROM runs_by_day WHERE day >= before GROUP BY bitAnd(run, 15))
            )
        GROUP BY run
        HAVING min(day) < max(day)
    );
