-- What is red at a time is one thing, for panels, alerts and report: the red times
-- that are open then.

-- Of every failed attempt of a red time, that of red_since first: its place in the
-- list of stages of its run, and who started the run.
ALTER TABLE judged_red_times ADD COLUMN IF NOT EXISTS failed_by Array(Tuple(UInt16, LowCardinality(String))) DEFAULT arrayMap(failure -> (position, ''), arrayPushFront(later.1, red_since));

CREATE OR REPLACE VIEW red_times AS
SELECT * EXCEPT (generation, batch, unit)
FROM judged_red_times
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force);

-- The attempts of a stage on a branch that ended in success or failure, in the order
-- of their ends. A stage is the same one in all runs by its name, and where a run has
-- several of that name, by which of them it is (occurrence, from 1): its place in the
-- list is another one when a stage is put before it. Attempts of each run lie
-- together at first: the places that they have are counted from the first one.
CREATE VIEW IF NOT EXISTS stage_lives AS
SELECT
    tenant, project_id, pipeline_id, target_branch, stage, occurrence,
    arraySort(t -> (t.ended_at, t.started_at, t.run_id, t.start_text), arrayFilter((t, o) -> o = occurrence AND t.finished, attempts, occurrences)) AS tries
FROM
(
    SELECT
        tenant, project_id, pipeline_id, target_branch, name AS stage,
        arraySort(t -> (t.run_id, t.position), groupArray(CAST(
            (ifNull(ended_at, toDateTime64(0, 3, 'UTC')), started_at, run_id, start_text, position, status = 'FAILED', run_number, commit_id, executor_name, trigger_type, duration_ms, status IN ('COMPLETED', 'FAILED') AND ended_at IS NOT NULL),
            'Tuple(ended_at DateTime64(3, \'UTC\'), started_at Nullable(DateTime64(3, \'UTC\')), run_id String, start_text String, position UInt16, failed UInt8, run_number Nullable(UInt32), commit_id String, executor_name String, trigger_type String, duration_ms Nullable(Int64), finished UInt8)'))) AS attempts,
        arrayMap((run, before) -> run != before, attempts.run_id, arrayPushFront(arrayPopBack(attempts.run_id), '')) AS begins,
        arrayCumSum((begins, place, before) -> NOT begins AND place != before, begins, attempts.position, arrayPushFront(arrayPopBack(attempts.position), 0)) AS places,
        arrayMap((place, first) -> 1 + place - first, places, arrayFill((place, begins) -> begins, places, begins)) AS occurrences
    FROM stage_attempts FINAL
    GROUP BY tenant, project_id, pipeline_id, target_branch, name
)
ARRAY JOIN arrayDistinct(occurrences) AS occurrence;

-- As in 0026_stage_verdicts.sql.
CREATE OR REPLACE VIEW stage_verdicts AS
SELECT
    tenant, project_id, pipeline_id, target_branch, t.position AS position, stage,
    t.run_id AS run_id, t.run_number AS run_number, t.start_text AS start_text, t.commit_id AS commit_id, t.executor_name AS executor_name, t.trigger_type AS trigger_type,
    t.started_at AS started_at, t.ended_at AS finished_at, t.duration_ms AS duration_ms,
    t.failed AS failed,
    failed_before,
    greens,
    green_before,
    multiIf(failed AND failed_before, 'still failing', failed, 'newly failing', failed_before, 'recovered', 'passing') AS state
FROM stage_lives
ARRAY JOIN
    tries AS t,
    arrayPushFront(arrayPopBack(tries.failed), 0) AS failed_before,
    arrayCumSum(failed -> NOT failed, tries.failed) AS greens,
    arrayFill(green -> green IS NOT NULL, arrayPushFront(arrayPopBack(arrayMap(t -> if(t.failed, NULL, t.ended_at), tries)), NULL)) AS green_before;

-- As in 0052_red_times.sql, and failed_by. position is that of the first failure.
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
    arrayMap(t -> (t.position, t.executor_name), failures) AS failed_by
FROM
(
    SELECT
        tenant, project_id, pipeline_id, target_branch, stage, occurrence,
        arraySplit((t, was) -> t.failed AND NOT was, tries, arrayPushFront(arrayPopBack(tries.failed), 1)) AS pieces
    FROM stage_lives
    WHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM line_touches WHERE line IN (SELECT judging_units.unit FROM judging_units WHERE batch = {batch:UInt64}))
        AND has(tries.failed, 1)
)
ARRAY JOIN pieces AS piece, arrayPushFront(arrayPopBack(pieces), []) AS before, arrayMap(p -> arrayFirstIndex(t -> NOT t.failed, p), pieces) AS green
WHERE piece[1].failed;

-- All are judged anew, as after an insert: until then the rows that are there hold.
INSERT INTO line_touches
SELECT line, any(tenant), any(project_id), any(pipeline_id), now64(6, 'UTC') FROM line_touches GROUP BY line;

-- A stage is red while the last attempt that ended in success or failure failed, on
-- its branch. A run that is going on, is cancelled or skips the stage changes
-- nothing, nor does one of another branch. Left out are stages whose last failure is
-- 30 days old, nobody works on them, and those of deleted pipelines. The run and
-- what is said of it are those of the last failure, first_* those of the first. The
-- failures (later) are read of those alone that are open: they are most of the table.
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
) AS r
INNER JOIN
(
    SELECT tenant, project_id, pipeline_id, argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS name, argMaxIf(pipelines.project_name, pipelines.ver, pipelines.project_name != '') AS project_name
    FROM pipelines
    GROUP BY tenant, project_id, pipeline_id
    HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= {as_of:DateTime64(3, 'UTC')}), pipelines.ver) != (1, true)
) AS p ON p.tenant = r.tenant AND p.project_id = r.project_id AND p.pipeline_id = r.pipeline_id
WHERE last.1 > {as_of:DateTime64(3, 'UTC')} - INTERVAL 30 DAY;

CREATE OR REPLACE VIEW failed_stages_now AS
SELECT * FROM failed_stages_as_of(as_of = now64(3, 'UTC'));

-- A pipeline is red by its stages, not by its newest run.
DROP VIEW IF EXISTS newest_runs_as_of;
