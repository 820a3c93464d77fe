-- Stages that failed and then passed with the same commit: by a retry of the
-- run, or in another run of that commit. n commits were tried in the time range;
-- flaky is how many of them needed more than one try, a lower bound, because a
-- retry within one poll interval hides the failure. Lost: the time that the
-- failed attempts took; delay: from the first failure to the success, summed.
-- What was tried more than 30 days before the time range is not looked at.
WITH {{attempt_number}} AS number, try -> bitAnd(bitShiftRight(try, 64), 1) = 1 AS is_failure,
(
    SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), position, CAST(stage, 'String'), flaky, retried, failed_s, delay_s, last_flaky_at))
    FROM
    (
        SELECT
            l.tenant AS tenant, l.project_id AS project_id, l.pipeline_id AS pipeline_id, l.position AS position, l.stage AS stage,
            sum(c.flaky) AS flaky, sum(c.retried) AS retried, sum(c.failed_ms) / 1000 AS failed_s, sum(c.delay_ms) / 1000 AS delay_s,
            fromUnixTimestamp64Milli(toInt64(max(c.last_ms)), 'UTC') AS last_flaky_at
        FROM
        (
            SELECT
                life,
                count() AS flaky,
                countIf(has(arrayMap(try -> bitAnd(bitShiftRight(try, 32), 4294967295), lost), bitAnd(bitShiftRight(passed, 32), 4294967295))) AS retried,
                sum(arraySum(arrayMap(try -> toUInt64(bitAnd(try, 4294967295)), lost))) AS failed_ms,
                sum(bitShiftRight(passed, 86) - bitShiftRight(lost[1], 86)) AS delay_ms,
                max(bitShiftRight(passed, 86)) AS last_ms
            FROM
            (
                SELECT
                    anyIf(life, status = 'FAILED') AS life,
                    /* Below the number of an attempt 32 bits have that of its run, and 32 its ms. */
                    arraySort(groupArray(
                        bitShiftLeft(toUInt128(number(ended_at, duration_ms, status)), 64)
                        + bitShiftLeft(toUInt64(ifNull(run_number, 0)), 32) + least(toUInt64(ifNull(duration_ms, 0)), 4294967295))) AS tries,
                    arrayFirst(try -> is_failure(try), tries) AS failed,
                    arrayFirst(try -> try > failed AND NOT is_failure(try), tries) AS passed,
                    arrayFilter(try -> try < passed AND is_failure(try), tries) AS lost
                FROM attempts_by_day FINAL
                PREWHERE trial IN {{dash_failed_trials}}
                WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > $__fromTime - INTERVAL 30 DAY
                GROUP BY trial
                HAVING failed > 0 AND passed > 0 AND $__timeFilter(max(ended_at))
            )
            GROUP BY life
        ) AS c
        INNER JOIN {{dash_failed_lives}} AS l ON l.life = c.life
        GROUP BY tenant, project_id, pipeline_id, position, stage
        ORDER BY failed_s DESC, tenant, project_id, pipeline_id, stage
        LIMIT 100
    )
) AS worst
SELECT
    w.stage.1 AS tenant,
    if(n.project = '', w.stage.2, n.project) AS project,
    if(p.pipeline = '', w.stage.3, p.pipeline) AS pipeline,
    w.stage.5 AS stage,
    w.stage.6 AS flaky,
    t.n AS n,
    flaky / t.n AS flaky_ratio,
    w.stage.7 AS retried,
    flaky - retried AS rerun,
    w.stage.8 AS failed_s,
    w.stage.9 AS delay_s,
    w.stage.10 AS last_flaky_at
FROM (SELECT arrayJoin(worst) AS stage) AS w
INNER JOIN
(
    SELECT tenant, pipeline_id, position, name, uniqExact(trial) - uniqExactIf(trial, ended_at > $__toTime) AS n
    FROM attempts_by_day FINAL
    PREWHERE pipeline_id IN (SELECT arrayJoin(worst).3)
    WHERE status IN ('COMPLETED', 'FAILED') AND trial != 0 AND ended_at >= $__fromTime
    GROUP BY tenant, pipeline_id, position, name
) AS t ON t.tenant = w.stage.1 AND t.pipeline_id = w.stage.3 AND t.position = w.stage.4 AND t.name = w.stage.5
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = w.stage.1 AND p.project_id = w.stage.2 AND p.pipeline_id = w.stage.3
LEFT JOIN {{dash_projects}} AS n ON n.tenant = w.stage.1 AND n.project_id = w.stage.2
ORDER BY failed_s DESC, tenant, project, pipeline, stage
