-- Every observed state of a run: how its status went over time. A status holds
-- from observed_at until the next row of the run, as far as polling saw it.
CREATE TABLE IF NOT EXISTS run_states
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    run_id      String,
    status      LowCardinality(String),
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
PARTITION BY cityHash64(run_id) % 4
ORDER BY (tenant, project_id, pipeline_id, run_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS run_states_mv TO run_states AS
WITH JSONExtract(body, 'Tuple(pipeline_id String, status String)') AS b
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    id AS run_id,
    b.status AS status,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
WHERE kind = 'run';

-- What was seen of a run's waiting for somebody (PAUSED, SUSPEND): how often,
-- and for how long in all. A pause that goes on counts up to now, and since
-- says when it was seen first. A run that was over when it was first seen (from
-- history) may have waited: pauses and paused_s are NULL, not 0.
CREATE VIEW IF NOT EXISTS run_pauses AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    argMin(status, ver) NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AS seen_live,
    if(seen_live, countIf(waits AND NOT waited), NULL) AS pauses,
    if(seen_live, sumIf(dateDiff('millisecond', observed_at, ifNull(until, now64(3))), waits) / 1000, NULL) AS paused_s,
    if(argMax(waits, ver), maxIf(toNullable(observed_at), waits AND NOT waited), NULL) AS since
FROM
(
    SELECT
        *,
        status IN ('PAUSED', 'SUSPEND') AND op NOT IN ('deleted', 'expired') AS waits,
        lagInFrame(waits, 1, 0) OVER life AS waited,
        leadInFrame(toNullable(observed_at)) OVER life AS until
    FROM run_states FINAL
    WINDOW life AS (PARTITION BY tenant, project_id, pipeline_id, run_id ORDER BY ver ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
GROUP BY tenant, project_id, pipeline_id, run_id;
