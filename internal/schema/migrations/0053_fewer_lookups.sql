-- Views of 0040_runs_by_day.sql that look up less.

-- Runs that may have rows of several days are found by putting all numbers in
-- order, in arrays of one sixteenth each: that takes half as long as grouping by
-- them.
CREATE OR REPLACE VIEW runs_ended_since AS
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
            AND run IN
            (
                SELECT arrayJoin(arrayFilter((run, before) -> run = before, runs, arrayPushFront(arrayPopBack(runs), 0)))
                FROM (SELECT arraySort(groupArray(run)) AS runs FROM runs_by_day WHERE until >= {since:DateTime64(3, 'UTC')} GROUP BY bitAnd(run, 15))
            )
        GROUP BY run
        HAVING min(day) < max(day)
    );

CREATE OR REPLACE VIEW runs_begun_since AS
SELECT tenant, project_id, pipeline_id, run_id, run, line, ver, run_number, status, gone, started_at, ended_at, observed_at
FROM runs_by_day FINAL
WHERE day >= {since:Date}
    AND (run, ver) NOT IN
    (
        SELECT run, arrayJoin(arrayPopBack(arraySort(groupUniqArray(ver))))
        FROM runs_by_day
        WHERE day >= {since:Date}
            AND run IN
            (
                SELECT arrayJoin(arrayFilter((run, before) -> run = before, runs, arrayPushFront(arrayPopBack(runs), 0)))
                FROM (SELECT arraySort(groupArray(run)) AS runs FROM runs_by_day WHERE day >= {since:Date} GROUP BY bitAnd(run, 15))
            )
        GROUP BY run
        HAVING min(day) < max(day)
    );

-- A run whose newest state had been seen by then had its status then: only of
-- others the states are looked through.
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
            WHERE if(ifNull(ended_at <= {as_of:DateTime64(3, 'UTC')}, false) OR observed_at <= {as_of:DateTime64(3, 'UTC')}, status = 'FAILED', (tenant, project_id, pipeline_id, run_id) IN
                (
                    SELECT tenant, project_id, pipeline_id, run_id
                    FROM run_states
                    WHERE run_states.observed_at <= {as_of:DateTime64(3, 'UTC')}
                        AND (tenant, project_id, pipeline_id, run_id) IN
                        (
                            SELECT tenant, project_id, pipeline_id, run_id
                            FROM runs_by_day
                            WHERE (until > {as_of:DateTime64(3, 'UTC')} OR until = toDateTime64(0, 3, 'UTC'))
                                AND ifNull(started_at, observed_at) <= {as_of:DateTime64(3, 'UTC')} AND observed_at > {as_of:DateTime64(3, 'UTC')}
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

CREATE OR REPLACE VIEW open_runs_as_of AS
WITH {as_of:DateTime64(3, 'UTC')} AS moment
SELECT *
FROM
(
    SELECT r.* REPLACE if(ifNull(r.ended_at <= moment, false) OR r.observed_at <= moment, r.status, s.status) AS status
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
                WHERE ifNull(started_at, observed_at) <= moment AND observed_at > moment AND (ended_at IS NULL OR ended_at > moment)
            )
        GROUP BY tenant, project_id, pipeline_id, run_id
    ) AS s ON s.tenant = r.tenant AND s.project_id = r.project_id AND s.pipeline_id = r.pipeline_id AND s.run_id = r.run_id
)
WHERE status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED');

-- The completeness certificate by lines. A query that shows a few days of it joins
-- to these only what it shows. Keys that may be NULL cost a grouping three times as
-- much: a day is none.
CREATE VIEW IF NOT EXISTS completeness_line_days AS
SELECT
    line,
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
        cityHash64(n.tenant, n.project_id, n.pipeline_id) AS line, n.number AS number, n.day AS day, n.status AS status, n.gone AS gone,
        if(n.number IS NULL OR n.before IS NULL, 0, greatest(toInt64(n.number) - toInt64(n.before) - 1, 0)) AS gap,
        if(gap = 0, 0, greatest(least(toInt64(n.number) - 1, toInt64(c.through)) - toInt64(n.before), 0)) AS looked_for
    FROM
    (
        SELECT
            tenant,
            project_id,
            pipeline_id,
            run_number AS number,
            assumeNotNull(toDate(started_at, 'UTC')) AS day,
            status,
            op IN ('deleted', 'expired') AS gone,
            lagInFrame(run_number) OVER (PARTITION BY tenant, project_id, pipeline_id, run_number IS NULL ORDER BY run_number ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS before
        FROM runs FINAL
        WHERE started_at IS NOT NULL AND (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM completeness WHERE missing > 0)
    ) AS n
    LEFT JOIN (SELECT * FROM coverage FINAL WHERE complete) AS c
        ON c.tenant = n.tenant AND c.project_id = n.project_id AND c.pipeline_id = n.pipeline_id
    UNION ALL
    SELECT line, run_number, assumeNotNull(toDate(started_at, 'UTC')) AS day, status, gone, 0, 0
    FROM runs_begun_since(since = {since:Date})
    WHERE started_at IS NOT NULL AND line NOT IN (SELECT cityHash64(tenant, project_id, pipeline_id) FROM completeness WHERE missing > 0)
) AS r
WHERE day >= {since:Date}
GROUP BY line, day;

CREATE VIEW IF NOT EXISTS good_sweeps_since AS
SELECT tenant, scope, assumeNotNull(toDate(finished_at, 'UTC')) AS day, max(polls.finished_at) AS last_good_sweep_at
FROM polls
WHERE poller = 'pipelines' AND last AND complete AND errors = 0 AND finished_at IS NOT NULL AND stored_at >= toDateTime({since:Date}, 'UTC') - INTERVAL 1 DAY
GROUP BY tenant, scope, day;

-- The panel joins them itself.
DROP VIEW IF EXISTS completeness_days_since;
