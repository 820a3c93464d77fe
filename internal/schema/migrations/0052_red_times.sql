-- The times that stages were red, and the commits that failed and then passed,
-- kept row by row: putting all attempts of a range in the order of their ends for
-- every question costs far more than the question, and attempts are many where
-- red times are few.
-- They are judged as deployments are (0041_judged_deployments.sql): beside the
-- services there is a unit for each pipeline, its line as in runs_by_day, and its
-- kept rows are those of the plain views (red_times_now, flaky_commits_now).

-- Every pipeline with attempts of stages, and when one was last inserted.
CREATE TABLE IF NOT EXISTS line_touches
(
    line        UInt64,
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id String,
    touched_at  DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY line;

CREATE MATERIALIZED VIEW IF NOT EXISTS line_touches_mv TO line_touches AS
SELECT DISTINCT cityHash64(tenant, project_id, pipeline_id) AS line, tenant, project_id, pipeline_id, now64(6, 'UTC') AS touched_at FROM stage_attempts;

INSERT INTO line_touches
SELECT DISTINCT cityHash64(tenant, project_id, pipeline_id), tenant, project_id, pipeline_id, now64(6, 'UTC') FROM stage_attempts;

-- Every time that a stage was red: from the end of its first failed attempt
-- (first_*) to that of the success that ended it (green_*), 2100 while there is
-- none. later are the other attempts that failed in it, as (end, run, run number,
-- commit). life is the stage as a number, as in attempts_by_day. The rows lie in
-- the order of the months in which they ended, and later months no Date can tell.
CREATE TABLE IF NOT EXISTS judged_red_times
(
    generation          UInt64,
    batch               UInt64,
    unit                UInt64,
    life                UInt64,
    tenant              LowCardinality(String),
    project_id          LowCardinality(String),
    pipeline_id         LowCardinality(String),
    target_branch       LowCardinality(String),
    position            UInt16,
    stage               LowCardinality(String),
    red_since           DateTime64(3, 'UTC'),
    green_at            DateTime64(3, 'UTC'),
    last_green_at       Nullable(DateTime64(3, 'UTC')),
    first_run_id        String,
    first_run_number    Nullable(UInt32),
    first_commit_id     String,
    first_executor_name LowCardinality(String),
    later               Array(Tuple(DateTime64(3, 'UTC'), String, Nullable(UInt32), String)),
    green_run_id        String,
    green_run_number    Nullable(UInt32),
    green_commit_id     String
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (toStartOfMonth(green_at), tenant, project_id, pipeline_id, green_at);

-- The attempts of a stage, in the order of their ends, are cut before each failure
-- that follows a success: a piece is some failures and the successes after them,
-- or, the first one, successes alone.
CREATE VIEW IF NOT EXISTS red_times_now AS
SELECT
    cityHash64(tenant, project_id, pipeline_id) AS unit,
    cityHash64(tenant, project_id, pipeline_id, target_branch, position, stage) AS life,
    tenant, project_id, pipeline_id, target_branch, position, stage,
    piece[1].1 AS red_since,
    if(green = 0, toDateTime64('2100-01-01', 3, 'UTC'), piece[green].1) AS green_at,
    if(empty(before), NULL, before[-1].1) AS last_green_at,
    piece[1].3 AS first_run_id, piece[1].6 AS first_run_number, piece[1].7 AS first_commit_id, piece[1].8 AS first_executor_name,
    arrayMap(t -> (t.1, t.3, t.6, t.7), arraySlice(piece, 2, if(green = 0, length(piece), green - 1) - 1)) AS later,
    piece[green].3 AS green_run_id, piece[green].6 AS green_run_number, piece[green].7 AS green_commit_id
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

-- The commits of stage_commits that are flaky (0028_stage_commits.sql).
CREATE TABLE IF NOT EXISTS judged_flaky_commits
(
    generation  UInt64,
    batch       UInt64,
    unit        UInt64,
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    position    UInt16,
    stage       LowCardinality(String),
    commit_id   String,
    failed_at   DateTime64(3, 'UTC'),
    passed_at   DateTime64(3, 'UTC'),
    finished_at DateTime64(3, 'UTC'),
    failures    UInt64,
    failed_s    Float64,
    passed_by   LowCardinality(String)
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (toStartOfMonth(finished_at), tenant, project_id, pipeline_id, finished_at);

CREATE VIEW IF NOT EXISTS flaky_commits_now AS
SELECT
    cityHash64(tenant, project_id, pipeline_id) AS unit, tenant, project_id, pipeline_id, position, stage, commit_id,
    assumeNotNull(failed_first_at) AS failed_at, assumeNotNull(passed_first_at) AS passed_at, finished_at, failures, assumeNotNull(failed_s) AS failed_s, passed_by
FROM stage_commits
WHERE flaky AND (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM line_touches WHERE line IN (SELECT judging_units.unit FROM judging_units WHERE batch = {batch:UInt64}));

-- Those that are in force.
CREATE VIEW IF NOT EXISTS red_times AS
SELECT * EXCEPT (generation, batch, unit)
FROM judged_red_times
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force);

CREATE VIEW IF NOT EXISTS flaky_commits AS
SELECT * EXCEPT (generation, batch, unit)
FROM judged_flaky_commits
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force);

-- As in 0045_judged_incidents.sql, and the pipelines. Those of a generation that is
-- over are best judged in the order in which their attempts lie (place).
CREATE OR REPLACE VIEW touched_units AS
SELECT u.unit AS unit, u.touched_at AS touched_at, j.judged.1 != (SELECT generation FROM deployment_generation) AS is_over, u.place AS place
FROM
(
    SELECT unit, max(t.touched_at) AS touched_at, ('', '', '') AS place
    FROM
    (
        SELECT unit, tenant, source FROM delivery_sources
        UNION ALL
        SELECT sipHash64(tenant, service, environment) AS unit, tenant, incident_id
        FROM incident_states
        WHERE unit IN (SELECT unit FROM delivery_sources)
        UNION ALL
        SELECT r.unit, r.tenant, i.incident_id
        FROM (SELECT DISTINCT tenant, incident_id, deployment_run_id FROM incident_states WHERE deployment_run_id != '') AS i
        INNER JOIN
        (
            SELECT tenant, run_id, unit
            FROM delivery_runs
            WHERE (tenant, run_id) IN (SELECT tenant, deployment_run_id FROM incident_states WHERE deployment_run_id != '')
        ) AS r ON r.tenant = i.tenant AND r.run_id = i.deployment_run_id
    ) AS s
    LEFT JOIN (SELECT tenant, source, max(delivery_touches.touched_at) AS touched_at FROM delivery_touches GROUP BY tenant, source) AS t
        ON t.tenant = s.tenant AND t.source = s.source
    GROUP BY unit
    UNION ALL
    SELECT line, max(line_touches.touched_at), (CAST(any(tenant), 'String'), CAST(any(project_id), 'String'), any(pipeline_id)) FROM line_touches GROUP BY line
) AS u
LEFT JOIN judged_in_force AS j ON j.unit = u.unit
WHERE is_over OR u.touched_at > j.judged.2;

CREATE OR REPLACE VIEW judged_superseded AS
SELECT k.unit AS unit, k.batch AS batch
FROM
(
    SELECT unit, batch FROM judged_deployments
    UNION DISTINCT
    SELECT unit, batch FROM shipped_changes
    UNION DISTINCT
    SELECT unit, batch FROM judged_red_times
    UNION DISTINCT
    SELECT unit, batch FROM judged_flaky_commits
) AS k
INNER JOIN judged_in_force AS f ON f.unit = k.unit
WHERE k.batch < f.batch;

-- As in 0026_stage_verdicts.sql.
CREATE OR REPLACE VIEW red_episodes_as_of AS
WITH
    arrayFilter(f -> f.1 <= {as_of:DateTime64(3, 'UTC')}, arrayPushFront(later, (red_times.red_since, red_times.first_run_id, red_times.first_run_number, red_times.first_commit_id))) AS failed,
    red_times.green_at <= {as_of:DateTime64(3, 'UTC')} AS is_green
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
    dateDiff('millisecond', red_since, green_at) / 1000 AS red_s
FROM red_times
WHERE red_since <= {as_of:DateTime64(3, 'UTC')};
