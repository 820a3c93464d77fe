-- Stages that failed and then passed with the same commit: by a retry of the
-- run, or in another run of that commit. n commits were tried in the time range;
-- flaky is how many of them needed more than one try, a lower bound, because a
-- retry within one poll interval hides the failure. Lost: the time that the
-- failed attempts took; delay: from the first failure to the success, summed.
-- What was tried more than 30 days before the time range is not looked at.
WITH
(
    SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), position, CAST(stage, 'String'), project, pipeline, flaky, retried, failed_s, delay_s, last_flaky_at))
    FROM
    (
        SELECT
            c.tenant AS tenant, c.project_id AS project_id, c.pipeline_id AS pipeline_id, c.position AS position, c.stage AS stage,
            if(n.project = '', c.project_id, n.project) AS project,
            if(p.pipeline = '', c.pipeline_id, p.pipeline) AS pipeline,
            c.flaky AS flaky, c.retried AS retried, c.failed_s AS failed_s, c.delay_s AS delay_s, c.last_flaky_at AS last_flaky_at
        FROM
        (
            SELECT
                tenant, project_id, pipeline_id, position, stage,
                count() AS flaky,
                countIf(has(lost.4, attempts[passed_at].4)) AS retried,
                sum(arraySum(lost.5) / 1000) AS failed_s,
                sum(dateDiff('millisecond', attempts[failed_at].1, attempts[passed_at].1) / 1000) AS delay_s,
                max(attempts[passed_at].1) AS last_flaky_at
            FROM
            (
                SELECT
                    *,
                    indexOf(attempts.3, true) AS failed_at,
                    arrayFirstIndex((a, i) -> i > failed_at AND NOT a.3, attempts, arrayEnumerate(attempts)) AS passed_at,
                    arrayFilter((a, i) -> i < passed_at AND a.3, attempts, arrayEnumerate(attempts)) AS lost
                FROM
                (
                    SELECT
                        any(attempts_by_day.tenant) AS tenant, any(attempts_by_day.project_id) AS project_id, any(attempts_by_day.pipeline_id) AS pipeline_id, any(attempts_by_day.position) AS position, any(name) AS stage,
                        arraySort(groupArray((assumeNotNull(ended_at), start_text, status = 'FAILED', run_id, ifNull(duration_ms, 0)))) AS attempts
                    FROM attempts_by_day FINAL
                    PREWHERE trial IN {{dash_failed_trials}}
                    WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > $__fromTime - INTERVAL 30 DAY
                    GROUP BY trial
                )
                WHERE $__timeFilter(attempts[-1].1) AND failed_at > 0 AND passed_at > 0
            )
            GROUP BY tenant, project_id, pipeline_id, position, stage
        ) AS c
        LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.tenant AND p.project_id = c.project_id AND p.pipeline_id = c.pipeline_id
        LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
        ORDER BY failed_s DESC, tenant, project, pipeline, stage
        LIMIT 100
    )
) AS worst
SELECT
    w.stage.1 AS tenant,
    w.stage.6 AS project,
    w.stage.7 AS pipeline,
    w.stage.5 AS stage,
    w.stage.8 AS flaky,
    t.n AS n,
    flaky / t.n AS flaky_ratio,
    w.stage.9 AS retried,
    flaky - retried AS rerun,
    w.stage.10 AS failed_s,
    w.stage.11 AS delay_s,
    w.stage.12 AS last_flaky_at
FROM (SELECT arrayJoin(worst) AS stage) AS w
INNER JOIN
(
    SELECT tenant, project_id, pipeline_id, position, name, uniqExact(trial) - uniqExactIf(trial, ended_at > $__toTime) AS n
    FROM attempts_by_day FINAL
    PREWHERE pipeline_id IN (SELECT arrayJoin(worst).3)
    WHERE status IN ('COMPLETED', 'FAILED') AND trial != 0 AND ended_at >= $__fromTime
    GROUP BY tenant, project_id, pipeline_id, position, name
) AS t ON t.tenant = w.stage.1 AND t.project_id = w.stage.2 AND t.pipeline_id = w.stage.3 AND t.position = w.stage.4 AND t.name = w.stage.5
ORDER BY failed_s DESC, tenant, project, pipeline, stage
