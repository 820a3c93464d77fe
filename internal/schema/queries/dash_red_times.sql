-- Every time that a stage was red, of those that ended after the beginning of the
-- time range or have not ended: from the end of the first failed attempt to the end
-- of the success that ended it, NULL while there is none; is_gone: at the end of the
-- time range the stage was renamed or taken out of the pipeline (as in the table of
-- failed stages). A stage is the same one by branch and name, wherever it is in its
-- run; of several of one name the first is one stage, the second another.
SELECT
    tenant, project_id, pipeline_id, target_branch AS branch, stage,
    red_since, nullIf(red_times.green_at, toDateTime64('2100-01-01', 3, 'UTC')) AS green_at, dateDiff('millisecond', red_since, green_at) / 1000 AS red_s,
    1 + length(later.1) AS failures, arrayCount(at -> at <= $__toTime, gone_and_back) % 2 = 1 AS is_gone,
    first_run_id, first_run_number, first_commit_id, first_executor_name, green_run_id, green_run_number, green_commit_id
FROM red_times
WHERE red_times.green_at >= $__fromTime
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
    AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
