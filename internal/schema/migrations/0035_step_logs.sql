-- The end of the log of each execution of a step that has failed (CodeArts
-- Pipeline API Reference 4.2.13), without secrets. A row is there from the
-- detail on that showed the failure; state says what came of it:
-- pending      it is still to be asked for
-- have         it is here, and stays as it is
-- expired      CodeArts answered that it does not have it
-- unavailable  CodeArts answered something else; reason says what
-- attempt names the execution: a retry of a run gives it another one.
CREATE TABLE IF NOT EXISTS step_logs
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    run_id      String,
    attempt     String,
    job_id      String,
    step_id     String,
    started_at  Nullable(DateTime64(3, 'UTC')) COMMENT 'of the step',
    ended_at    Nullable(DateTime64(3, 'UTC')),
    state       LowCardinality(String),
    tries       UInt16 COMMENT 'how often it was asked for in vain',
    reason      LowCardinality(String) COMMENT 'why it is not here',
    log         String CODEC(ZSTD(3)),
    whole       Bool COMMENT 'log is not only the end',
    location    LowCardinality(String) COMMENT 'where CodeArts keeps it',
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, attempt);

CREATE MATERIALIZED VIEW IF NOT EXISTS step_logs_mv TO step_logs AS
WITH JSONExtract(body, 'Tuple(
    pipeline_id String,
    run_id String,
    job_id String,
    step_id String,
    started_at Int64,
    ended_at Int64,
    state String,
    tries UInt16,
    reason String,
    log String,
    whole Bool,
    location String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    b.run_id AS run_id,
    id AS attempt,
    b.job_id AS job_id,
    b.step_id AS step_id,
    fromUnixTimestamp64Milli(nullIf(b.started_at, 0), 'UTC') AS started_at,
    fromUnixTimestamp64Milli(nullIf(b.ended_at, 0), 'UTC') AS ended_at,
    b.state AS state,
    b.tries AS tries,
    b.reason AS reason,
    b.log AS log,
    b.whole AS whole,
    b.location AS location,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'step_log';

-- Every step that has failed, with what CodeArts says of it: its message, else
-- that of its job, and the end of its log, NULL while there is none. A pending
-- one that CodeArts does not keep any more, 90 days after it, is expired. Of a
-- step that belongs to no job, or has no id, no log can be asked for.
-- Logs are large: ask for those of a few runs.
CREATE VIEW IF NOT EXISTS failed_steps AS
SELECT
    s.tenant AS tenant,
    s.project_id AS project_id,
    s.pipeline_id AS pipeline_id,
    s.run_id AS run_id,
    s.stage_position AS stage_position,
    s.stage_name AS stage,
    s.job_id AS job_id,
    s.job_name AS job,
    s.step_id AS step_id,
    if(s.name = '', s.task, s.name) AS step,
    s.status AS status,
    s.started_at AS started_at,
    s.ended_at AS ended_at,
    if(s.message = '', j.message, s.message) AS message,
    multiIf(
        l.state NOT IN ('', 'pending'), l.state,
        s.phase != 'job' OR position(s.job_id, '/') > 0 OR position(s.step_id, '/') > 0, 'unavailable',
        ifNull(s.ended_at, s.observed_at) < now64(3) - toIntervalDay(90), 'expired',
        'pending') AS log_state,
    l.reason AS log_reason,
    if(l.state = 'have', l.log, NULL) AS log,
    if(l.state = 'have', l.whole, NULL) AS log_whole
FROM (SELECT * FROM steps FINAL WHERE status IN ('FAILED', 'ASYNC_FAILED')) AS s
LEFT JOIN (SELECT tenant, project_id, pipeline_id, run_id, job_id, message FROM jobs FINAL) AS j
    ON j.tenant = s.tenant AND j.project_id = s.project_id AND j.pipeline_id = s.pipeline_id AND j.run_id = s.run_id AND j.job_id = s.job_id
LEFT JOIN (SELECT *, toUnixTimestamp64Milli(ifNull(ended_at, toDateTime64(0, 3, 'UTC'))) AS ended_ms FROM step_logs FINAL) AS l
    ON l.tenant = s.tenant AND l.project_id = s.project_id AND l.pipeline_id = s.pipeline_id AND l.run_id = s.run_id AND l.step_id = s.step_id
    AND l.ended_ms = toUnixTimestamp64Milli(ifNull(s.ended_at, toDateTime64(0, 3, 'UTC')));

-- What is known of the inside of each run: a run without jobs and steps is not
-- one that has none.
-- have     its detail is stored, as of the run's last end
-- pending  the run is not over, or its detail is still to be asked for
-- expired  CodeArts does not keep it any more: 90 days have passed, or its
--          pipeline is deleted
-- The end that a detail shows may differ a little from that of the run's row.
CREATE VIEW IF NOT EXISTS run_detail_states AS
SELECT
    r.tenant AS tenant,
    r.project_id AS project_id,
    r.pipeline_id AS pipeline_id,
    r.run_id AS run_id,
    r.run_number AS run_number,
    r.status AS status,
    r.started_at AS started_at,
    r.ended_at AS ended_at,
    multiIf(
        d.run_id != '' AND d.status = r.status AND ifNull(abs(dateDiff('second', d.ended_at, r.ended_at)) <= 2, d.ended_at IS NULL AND r.ended_at IS NULL), 'have',
        r.op IN ('expired', 'deleted') OR ifNull(r.started_at < now64(3) - toIntervalDay(90), false) OR (r.tenant, r.project_id, r.pipeline_id) IN
        (
            SELECT tenant, project_id, pipeline_id
            FROM pipelines
            GROUP BY tenant, project_id, pipeline_id
            HAVING argMax(pipelines.is_deleted, pipelines.ver) = 1
        ), 'expired',
        'pending') AS detail_state
FROM (SELECT tenant, project_id, pipeline_id, run_id, run_number, status, started_at, ended_at, op FROM runs FINAL) AS r
LEFT JOIN (SELECT tenant, project_id, pipeline_id, run_id, status, ended_at FROM run_details FINAL) AS d
    ON d.tenant = r.tenant AND d.project_id = r.project_id AND d.pipeline_id = r.pipeline_id AND d.run_id = r.run_id;
