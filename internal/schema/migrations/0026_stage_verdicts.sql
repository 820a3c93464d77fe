-- The life of a stage as a state machine. Nothing is stored: both views read
-- stage_attempts. A stage is the same one when pipeline, target branch,
-- position and name are the same: green on a feature branch does not make the
-- main branch green.

-- Every attempt that ended in success or failure, in the order of their ends,
-- and what it made of the stage: 'newly failing' (the one before passed, or
-- none is known), 'still failing', 'recovered' (the one before failed),
-- 'passing'. Cancelled, skipped and running attempts change nothing.
-- greens counts the successes up to and with this attempt: the failures
-- between two successes share it. green_before is the last success before it.
CREATE VIEW IF NOT EXISTS stage_verdicts AS
SELECT
    *,
    multiIf(failed AND failed_before, 'still failing', failed, 'newly failing', failed_before, 'recovered', 'passing') AS state
FROM
(
    SELECT
        tenant,
        project_id,
        pipeline_id,
        target_branch,
        position,
        name AS stage,
        run_id,
        run_number,
        start_text,
        commit_id,
        executor_name,
        trigger_type,
        started_at,
        assumeNotNull(ended_at) AS finished_at,
        duration_ms,
        CAST(status, 'String') = 'FAILED' AS failed,
        lagInFrame(failed, 1, 0) OVER life AS failed_before,
        countIf(NOT failed) OVER life AS greens,
        maxIf(toNullable(ended_at), NOT failed) OVER earlier AS green_before
    FROM stage_attempts FINAL
    WHERE status IN ('COMPLETED', 'FAILED') AND ended_at IS NOT NULL
    WINDOW life AS (PARTITION BY tenant, project_id, pipeline_id, target_branch, position, name ORDER BY ended_at, started_at, run_id, start_text ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW),
        earlier AS (PARTITION BY tenant, project_id, pipeline_id, target_branch, position, name ORDER BY ended_at, started_at, run_id, start_text ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
);

-- Every time that a stage was red: from the end of its first failed attempt
-- (red_since, first_*) to the end of the success that ended it (green_*; NULL
-- and '' while it is red). failures and runs count attempts and their runs.
-- last_green_at is the success before it, NULL when none is known.
-- As of a time (parameter as_of): what failed and what passed until then.
CREATE VIEW IF NOT EXISTS red_episodes_as_of AS
WITH
    argMinIf((run_id, run_number, commit_id, executor_name), (finished_at, started_at, run_id, start_text), failed) AS first,
    argMaxIf((run_id, run_number, commit_id, finished_at), (finished_at, started_at, run_id, start_text), failed) AS last
SELECT
    tenant,
    project_id,
    pipeline_id,
    target_branch,
    position,
    stage,
    minIf(finished_at, failed) AS red_since,
    first.1 AS first_run_id,
    first.2 AS first_run_number,
    first.3 AS first_commit_id,
    first.4 AS first_executor_name,
    countIf(failed) AS failures,
    uniqExactIf(run_id, failed) AS runs,
    last.1 AS last_run_id,
    last.2 AS last_run_number,
    last.3 AS last_commit_id,
    last.4 AS last_failed_at,
    any(green_before) AS last_green_at,
    maxIf(toNullable(finished_at), NOT failed) AS green_at,
    maxIf(run_id, NOT failed) AS green_run_id,
    maxIf(run_number, NOT failed) AS green_run_number,
    maxIf(commit_id, NOT failed) AS green_commit_id,
    dateDiff('millisecond', red_since, green_at) / 1000 AS red_s
FROM stage_verdicts
WHERE finished_at <= {as_of:DateTime64(3, 'UTC')}
GROUP BY tenant, project_id, pipeline_id, target_branch, position, stage, greens - NOT failed
HAVING failures > 0;

-- As of now.
CREATE VIEW IF NOT EXISTS red_episodes AS SELECT * FROM red_episodes_as_of(as_of = now64(3, 'UTC'));
