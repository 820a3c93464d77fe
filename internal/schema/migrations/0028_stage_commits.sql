-- What one commit made of one stage: all its attempts that ended in success or
-- failure, in the order of their ends. flaky: one failed and a later one of
-- the same commit passed, by a retry of the same run or in another run; the
-- code did not change, so something else decided. The failures before that
-- success are the loss: failed_s is the time they took, delay_s the time from
-- the end of the first of them to the end of the success.
-- A failure and its retry between two polls leave one attempt only, so flaky
-- commits are a lower bound. Runs without a commit can not be judged.
CREATE VIEW IF NOT EXISTS stage_commits AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    position,
    stage,
    commit_id,
    length(attempts) AS attempt_count,
    attempts[-1].1 AS finished_at,
    indexOf(attempts.3, true) AS failed_at,
    arrayFirstIndex((a, i) -> i > failed_at AND NOT a.3, attempts, arrayEnumerate(attempts)) AS passed_at,
    failed_at > 0 AND passed_at > 0 AS flaky,
    arrayFilter((a, i) -> flaky AND i < passed_at AND a.3, attempts, arrayEnumerate(attempts)) AS lost,
    length(lost) AS failures,
    if(flaky, attempts[failed_at].1, NULL) AS failed_first_at,
    if(flaky, attempts[failed_at].4, '') AS failed_run_id,
    if(flaky, attempts[passed_at].1, NULL) AS passed_first_at,
    if(flaky, attempts[passed_at].4, '') AS passed_run_id,
    multiIf(NOT flaky, '', has(lost.4, passed_run_id), 'retry', 'another run') AS passed_by,
    if(flaky, arraySum(lost.5) / 1000, NULL) AS failed_s,
    if(flaky, dateDiff('millisecond', failed_first_at, passed_first_at) / 1000, NULL) AS delay_s
FROM
(
    SELECT
        tenant, project_id, pipeline_id, position, name AS stage, commit_id,
        arraySort(groupArray((assumeNotNull(ended_at), start_text, CAST(status, 'String') = 'FAILED', run_id, ifNull(duration_ms, 0)))) AS attempts
    FROM stage_attempts FINAL
    WHERE status IN ('COMPLETED', 'FAILED') AND ended_at IS NOT NULL AND commit_id != ''
    GROUP BY tenant, project_id, pipeline_id, position, name, commit_id
);
