-- Stages that failed and then passed with the same commit: by a retry of the
-- run, or in another run of that commit. n commits were tried in the time range;
-- flaky is how many of them needed more than one try, a lower bound, because a
-- retry within one poll interval hides the failure. Lost: the time that the
-- failed attempts took; delay: from the first failure to the success, summed.
SELECT
    c.tenant AS tenant,
    if(n.project = '', c.project_id, n.project) AS project,
    if(p.pipeline = '', c.pipeline_id, p.pipeline) AS pipeline,
    c.stage AS stage,
    c.flaky AS flaky,
    c.n AS n,
    c.flaky / c.n AS flaky_ratio,
    c.retried AS retried,
    c.flaky - c.retried AS rerun,
    c.failed_s AS failed_s,
    c.delay_s AS delay_s,
    c.last_flaky_at AS last_flaky_at
FROM
(
    SELECT tenant, project_id, pipeline_id, position, stage,
        countIf(s.flaky) AS flaky, count() AS n, countIf(passed_by = 'retry') AS retried,
        sum(s.failed_s) AS failed_s, sum(s.delay_s) AS delay_s, max(passed_first_at) AS last_flaky_at
    FROM stage_commits AS s
    WHERE $__timeFilter(finished_at)
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    GROUP BY tenant, project_id, pipeline_id, position, stage
    HAVING flaky > 0
) AS c
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = c.tenant AND p.project_id = c.project_id AND p.pipeline_id = c.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = c.tenant AND n.project_id = c.project_id
ORDER BY failed_s DESC, tenant, project, pipeline, stage
LIMIT 100
