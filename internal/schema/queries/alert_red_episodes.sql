-- Stages whose last attempt of the last 30 days that ended in success or failure
-- failed, as an array: (tenant, project_id, pipeline_id, branch, position, stage,
-- end of the first failed attempt since the last success, its run, run number,
-- commit and executor, the failed attempts since, the last one's run). Of a stage
-- without a success in those days everything is read. The highest number of a
-- stage's attempts (attempt_number) is its last one.
WITH
(
    SELECT groupArray(life)
    FROM
    (
        WITH {{attempt_number}} AS number
        SELECT life
        FROM attempts_by_day FINAL
        WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > now() - INTERVAL 30 DAY
        GROUP BY life
        HAVING bitAnd(max(number(ended_at, duration_ms, status)), 1) = 1
    )
) AS lives
SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), CAST(target_branch, 'String'), position, CAST(stage, 'String'),
    red_since, first_run_id, first_run_number, CAST(first_commit_id, 'String'), CAST(first_executor_name, 'String'), failures, last_run_id))
FROM
(
    SELECT tenant, project_id, pipeline_id, target_branch, position, stage,
        tries[1].1 AS red_since, tries[1].3 AS first_run_id, tries[1].5 AS first_run_number, tries[1].6 AS first_commit_id, tries[1].7 AS first_executor_name,
        toUInt64(length(tries)) AS failures, tries[-1].3 AS last_run_id
    FROM
    (
        SELECT
            any(a.tenant) AS tenant, any(a.project_id) AS project_id, any(a.pipeline_id) AS pipeline_id, any(a.target_branch) AS target_branch, any(a.position) AS position, any(a.name) AS stage,
            maxIf((assumeNotNull(ended_at), started_at), status != 'FAILED') AS green,
            arraySort(arrayFilter(try -> (try.1, try.2) >= green, groupArrayIf((assumeNotNull(ended_at), started_at, run_id, start_text, run_number, CAST(commit_id, 'String'), CAST(executor_name, 'String')), status = 'FAILED'))) AS tries
        FROM attempts_by_day AS a FINAL
        PREWHERE life IN (SELECT arrayJoin(lives))
        WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > now() - INTERVAL 30 DAY
        GROUP BY life
        HAVING countIf(status != 'FAILED') > 0 AND notEmpty(tries)
    )
    UNION ALL
    SELECT tenant, project_id, pipeline_id, target_branch, position, stage, red_since, first_run_id, first_run_number, first_commit_id, first_executor_name, failures, last_run_id
    FROM red_episodes
    WHERE green_at IS NULL AND (tenant, project_id, pipeline_id, target_branch, position, stage) IN
    (
        SELECT any(a.tenant), any(a.project_id), any(a.pipeline_id), any(a.target_branch), any(a.position), any(a.name)
        FROM attempts_by_day AS a FINAL
        PREWHERE life IN (SELECT arrayJoin(lives))
        WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > now() - INTERVAL 30 DAY
        GROUP BY life
        HAVING countIf(status != 'FAILED') = 0
    )
)
