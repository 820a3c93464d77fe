-- What is red at a time is one thing, for panels, alerts and report: the red times
-- that are open then.

-- Of every failed attempt of a red time, that of red_since first: its place in the
-- list of stages of its run, and who started the run.
ALTER TABLE judged_red_times ADD COLUMN IF NOT EXISTS failed_by Array(Tuple(UInt16, LowCardinality(String))) DEFAULT arrayMap(failure -> (position, ''), arrayPushFront(later.1, red_since));

CREATE OR REPLACE VIEW red_times AS
SELECT * EXCEPT (generation, batch, unit)
FROM judged_red_times
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force);

-- As in 0052_red_times.sql, and failed_by.
CREATE OR REPLACE VIEW red_times_now AS
WITH arrayFilter(t -> t.5, piece) AS failures
SELECT
    cityHash64(tenant, project_id, pipeline_id) AS unit,
    cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage) AS life,
    tenant, project_id, pipeline_id, target_branch, position, stage,
    piece[1].1 AS red_since,
    if(green = 0, toDateTime64('2100-01-01', 3, 'UTC'), piece[green].1) AS green_at,
    if(empty(before), NULL, before[-1].1) AS last_green_at,
    piece[1].3 AS first_run_id, piece[1].6 AS first_run_number, piece[1].7 AS first_commit_id, piece[1].8 AS first_executor_name,
    arrayMap(t -> (t.1, t.3, t.6, t.7), arraySlice(failures, 2)) AS later,
    piece[green].3 AS green_run_id, piece[green].6 AS green_run_number, piece[green].7 AS green_commit_id,
    arrayMap(t -> (position, t.8), failures) AS failed_by
FROM
(
    SELECT
        tenant, project_id, pipeline_id, target_branch, position, name AS stage,
        arraySort(t -> (t.1, t.2, t.3, t.4), groupArray((assumeNotNull(ended_at), started_at, run_id, start_text, CAST(status, 'String') = 'FAILED', run_number, commit_id, CAST(executor_name, 'String')))) AS tries,
        arraySplit((t, was) -> t.5 AND NOT was, tries, arrayPushFront(arrayPopBack(tries.5), true)) AS pieces
    FROM stage_attempts FINAL
    WHERE status IN ('COMPLETED', 'FAILED') AND ended_at IS NOT NULL
        AND (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM line_touches WHERE line IN (SELECT judging_units.unit FROM judging_units WHERE batch = {batch:UInt64}))
    GROUP BY tenant, project_id, pipeline_id, target_branch, position, name
    HAVING has(tries.5, true)
)
ARRAY JOIN pieces AS piece, arrayPushFront(arrayPopBack(pieces), []) AS before, arrayMap(p -> arrayFirstIndex(t -> NOT t.5, p), pieces) AS green
WHERE piece[1].5;

-- All are judged anew, as after an insert: until then the rows that are there hold.
INSERT INTO line_touches
SELECT line, any(tenant), any(project_id), any(pipeline_id), now64(6, 'UTC') FROM line_touches GROUP BY line;

-- A stage is red while the last attempt that ended in success or failure failed, on
-- its branch. A run that is going on, is cancelled or skips the stage changes
-- nothing, nor does one of another branch. Left out are stages whose last failure is
-- 30 days old, nobody works on them, and those of deleted pipelines. The run and
-- what is said of it are those of the last failure, first_* those of the first.
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
    r.failed_by[1].1 AS first_position,
    r.first_commit_id AS first_commit_id,
    r.first_executor_name AS first_executor_name,
    toUInt64(n) AS failures,
    r.last_green_at AS last_green_at
FROM red_times AS r
INNER JOIN
(
    SELECT tenant, project_id, pipeline_id, argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS name, argMaxIf(pipelines.project_name, pipelines.ver, pipelines.project_name != '') AS project_name
    FROM pipelines
    GROUP BY tenant, project_id, pipeline_id
    HAVING argMax((pipelines.is_deleted, pipelines.observed_at <= {as_of:DateTime64(3, 'UTC')}), pipelines.ver) != (1, true)
) AS p ON p.tenant = r.tenant AND p.project_id = r.project_id AND p.pipeline_id = r.pipeline_id
WHERE r.red_since <= {as_of:DateTime64(3, 'UTC')} AND r.green_at > {as_of:DateTime64(3, 'UTC')}
    AND last.1 > {as_of:DateTime64(3, 'UTC')} - INTERVAL 30 DAY;

CREATE OR REPLACE VIEW failed_stages_now AS
SELECT * FROM failed_stages_as_of(as_of = now64(3, 'UTC'));

-- A pipeline is red by its stages, not by its newest run.
DROP VIEW IF EXISTS newest_runs_as_of;
