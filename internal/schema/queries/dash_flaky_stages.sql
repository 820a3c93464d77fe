-- Stages that failed and then passed with the same commit: by a retry of the
-- run, or in another run of that commit. n commits were tried in the time range;
-- flaky is how many of them needed more than one try, a lower bound, because a
-- retry within one poll interval hides the failure. Lost: the time that the
-- failed attempts took; delay: from the first failure to the success, summed.
WITH {{page_of}} AS page_of,
(
    SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), position, CAST(stage, 'String'), flaky, retried, failed_s, delay_s, last_flaky_at))
    FROM
    (
        SELECT
            tenant, project_id, pipeline_id, position, stage,
            count() AS flaky, countIf(passed_by = 'retry') AS retried, sum(f.failed_s) AS failed_s,
            sum(dateDiff('millisecond', failed_at, passed_at)) / 1000 AS delay_s, max(passed_at) AS last_flaky_at
        FROM flaky_commits AS f
        WHERE $__timeFilter(finished_at)
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
            AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
            AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
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
    w.stage.10 AS last_flaky_at,
    page_of('pipeline', w.stage.1, w.stage.2, w.stage.3) AS pipeline_url
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
