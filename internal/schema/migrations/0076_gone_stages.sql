-- A stage that was red and then was renamed or taken out of its pipeline is red no
-- more. stage_status_list of a run tells it: it has all stages, those too that have
-- not begun (INIT, as CodeArts Pipeline API Reference 4.2.4 prints them), are skipped
-- (SKIPPED) or were not chosen for the run (UNSELECTED, both documented states).

-- When a red stage was gone and when it was there again, in turn.
ALTER TABLE judged_red_times ADD COLUMN IF NOT EXISTS gone_and_back Array(DateTime64(3, 'UTC'));

CREATE OR REPLACE VIEW red_times AS
SELECT * EXCEPT (generation, batch, unit)
FROM judged_red_times
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force);

-- The lists of stages of the runs that completed or failed, with the time, of the
-- pipelines where they are not all the same; known has each different one once. It is
-- the first such end of a run: that it is tried again changes nothing in its list.
-- What proves nothing: a run that was cancelled, one that ended after a later one (it
-- lists what there was when it began), and one of which no stage began, which
-- touches no line either.
CREATE VIEW IF NOT EXISTS stage_lists AS
WITH changed AS
(
    SELECT tenant, project_id, pipeline_id
    FROM runs
    WHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM line_touches WHERE line IN (SELECT judging_units.unit FROM judging_units WHERE batch = {batch:UInt64}))
    GROUP BY tenant, project_id, pipeline_id
    HAVING uniqExact(stage_names) > 1
)
SELECT tenant, project_id, pipeline_id, target_branch,
    groupArray((over_at, cityHash64(stage_names))) AS lists,
    groupUniqArray((cityHash64(stage_names), stage_names)) AS known
FROM
(
    SELECT *, max(run_number) OVER (PARTITION BY tenant, project_id, pipeline_id, target_branch ORDER BY over_at, run_number ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS newest
    FROM
    (
        SELECT r.tenant AS tenant, r.project_id AS project_id, r.pipeline_id AS pipeline_id, r.target_branch AS target_branch, r.run_number AS run_number, r.stage_names AS stage_names,
            least(ifNull(r.ended_at, s.over_at), s.over_at) AS over_at
        FROM
        (
            SELECT tenant, project_id, pipeline_id, run_id, target_branch, run_number, ended_at, stage_names
            FROM runs FINAL
            WHERE (tenant, project_id, pipeline_id) IN changed AND arrayExists(status -> status NOT IN ('INIT', 'SKIPPED', 'UNSELECTED'), stage_statuses)
        ) AS r
        INNER JOIN
        (
            SELECT tenant, project_id, pipeline_id, run_id, min(observed_at) AS over_at
            FROM run_states
            WHERE (tenant, project_id, pipeline_id) IN changed AND status IN ('COMPLETED', 'FAILED')
            GROUP BY tenant, project_id, pipeline_id, run_id
        ) AS s ON s.tenant = r.tenant AND s.project_id = r.project_id AND s.pipeline_id = r.pipeline_id AND s.run_id = r.run_id
    )
)
WHERE run_number = newest
GROUP BY tenant, project_id, pipeline_id, target_branch;

-- As in 0075_red_now.sql, and gone_and_back. A failure shows that the stage is there,
-- a list that has it too; of what is told of one time the failure counts.
CREATE OR REPLACE VIEW red_times_now AS
WITH arrayFilter(t -> t.failed, piece) AS failures
SELECT
    cityHash64(tenant, project_id, pipeline_id) AS unit,
    cityHash64(tenant, project_id, pipeline_id, target_branch, stage, occurrence) AS life,
    tenant, project_id, pipeline_id, target_branch, piece[1].position AS position, stage,
    piece[1].ended_at AS red_since,
    if(green = 0, toDateTime64('2100-01-01', 3, 'UTC'), piece[green].ended_at) AS green_at,
    if(empty(before), NULL, before[-1].ended_at) AS last_green_at,
    piece[1].run_id AS first_run_id, piece[1].run_number AS first_run_number, piece[1].commit_id AS first_commit_id, piece[1].executor_name AS first_executor_name,
    arrayMap(t -> (t.ended_at, t.run_id, t.run_number, t.commit_id), arraySlice(failures, 2)) AS later,
    piece[green].run_id AS green_run_id, piece[green].run_number AS green_run_number, piece[green].commit_id AS green_commit_id,
    arrayMap(t -> (t.position, t.executor_name), failures) AS failed_by,
    arrayFilter(at -> at > red_since AND at < green_at, turns) AS gone_and_back
FROM
(
    SELECT
        a.tenant AS tenant, a.project_id AS project_id, a.pipeline_id AS pipeline_id, a.target_branch AS target_branch, a.stage AS stage, a.occurrence AS occurrence,
        arrayFilter(list -> countEqual(list.2, a.stage) < a.occurrence, l.known).1 AS lacking,
        arraySplit((t, was) -> t.failed AND NOT was, a.tries, arrayPushFront(arrayPopBack(a.tries.failed), 1)) AS pieces,
        arrayCompact(sign -> sign.2, arraySort(sign -> (sign.1, NOT sign.2), arrayConcat(
            arrayMap(t -> (t.ended_at, 0), arrayFilter(t -> t.failed, a.tries)),
            arrayMap(list -> (list.1, has(lacking, list.2)), l.lists)))).1 AS turns
    FROM
    (
        SELECT *
        FROM stage_lives
        WHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM line_touches WHERE line IN (SELECT judging_units.unit FROM judging_units WHERE batch = {batch:UInt64}))
            AND has(tries.failed, 1)
    ) AS a
    LEFT JOIN stage_lists(batch = {batch:UInt64}) AS l ON l.tenant = a.tenant AND l.project_id = a.project_id AND l.pipeline_id = a.pipeline_id AND l.target_branch = a.target_branch
)
ARRAY JOIN pieces AS piece, arrayPushFront(arrayPopBack(pieces), []) AS before, arrayMap(p -> arrayFirstIndex(t -> NOT t.failed, p), pieces) AS green
WHERE piece[1].failed;

-- As in 0075_red_now.sql.
INSERT INTO line_touches
SELECT line, any(tenant), any(project_id), any(pipeline_id), now64(6, 'UTC') FROM line_touches GROUP BY line;

-- As in 0075_red_now.sql, but for stages that were gone then.
CREATE OR REPLACE VIEW failed_stages_as_of AS
WITH
    1 + arrayCount(failure -> failure.1 <= {as_of:DateTime64(3, 'UTC')}, r.later) AS n,
    if(n = 1, (r.red_since, r.first_run_id, r.first_run_number, r.first_commit_id), r.later[n - 1]) AS last
SELECT
    r.tenant AS tenant,
    r.project_id AS project_id,
    r.pipeline_id AS pipeline_id,
    p.name AS pipeline,
    p.project_name AS project_name,
    last.2 AS run_id,
    last.3 AS run_number,
    r.failed_by[n].1 AS position,
    r.stage AS stage,
    last.1 AS ended_at,
    CAST(r.failed_by[n].2, 'String') AS executor_name,
    last.4 AS commit_id,
    r.target_branch AS target_branch,
    r.red_since AS red_since,
    r.first_run_id AS first_run_id,
    r.first_run_number AS first_run_number,
    r.position AS first_position,
    r.first_commit_id AS first_commit_id,
    r.first_executor_name AS first_executor_name,
    toUInt64(n) AS failures,
    r.last_green_at AS last_green_at
FROM
(
    SELECT *
    FROM judged_red_times
    PREWHERE red_since <= {as_of:DateTime64(3, 'UTC')} AND green_at > {as_of:DateTime64(3, 'UTC')}
    WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force)
        AND arrayCount(at -> at <= {as_of:DateTime64(3, 'UTC')}, gone_and_back) % 2 = 0
) AS r
INNER JOIN
(
    SELECT tenant, project_id, pipeline_id, argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS name, argMaxIf(pipelines.project_name, pipelines.ver, pipelines.project_name != '') AS project_name
    FROM pipelines
    GROUP BY tenant, project_id, pipeline_id
    HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= {as_of:DateTime64(3, 'UTC')}), pipelines.ver) != (1, true)
) AS p ON p.tenant = r.tenant AND p.project_id = r.project_id AND p.pipeline_id = r.pipeline_id
WHERE last.1 > {as_of:DateTime64(3, 'UTC')} - INTERVAL 30 DAY;

-- As in 0052_red_times.sql, and since when the stage is gone, NULL while it is there.
CREATE OR REPLACE VIEW red_episodes_as_of AS
WITH
    arrayFilter(f -> f.1 <= {as_of:DateTime64(3, 'UTC')}, arrayPushFront(later, (red_times.red_since, red_times.first_run_id, red_times.first_run_number, red_times.first_commit_id))) AS failed,
    red_times.green_at <= {as_of:DateTime64(3, 'UTC')} AS is_green,
    arrayFilter(at -> at <= {as_of:DateTime64(3, 'UTC')}, red_times.gone_and_back) AS turns
SELECT
    tenant,
    project_id,
    pipeline_id,
    target_branch,
    position,
    stage,
    red_since,
    first_run_id,
    first_run_number,
    first_commit_id,
    first_executor_name,
    length(failed) AS failures,
    toUInt64(arrayUniq(failed.2)) AS runs,
    failed[-1].2 AS last_run_id,
    failed[-1].3 AS last_run_number,
    failed[-1].4 AS last_commit_id,
    failed[-1].1 AS last_failed_at,
    last_green_at,
    if(is_green, red_times.green_at, NULL) AS green_at,
    if(is_green, red_times.green_run_id, '') AS green_run_id,
    if(is_green, red_times.green_run_number, NULL) AS green_run_number,
    if(is_green, red_times.green_commit_id, '') AS green_commit_id,
    dateDiff('millisecond', red_since, green_at) / 1000 AS red_s,
    if(is_green OR length(turns) % 2 = 0, NULL, turns[-1]) AS gone_at
FROM red_times
WHERE red_since <= {as_of:DateTime64(3, 'UTC')};

CREATE OR REPLACE VIEW red_episodes AS
SELECT * FROM red_episodes_as_of(as_of = now64(3, 'UTC'));
