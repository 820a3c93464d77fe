-- Stages that are red and failed in the last 30 days, as an array: (tenant,
-- project_id, pipeline_id, branch, position, stage, end of the first failed attempt
-- since the last success, its run, run number, commit and executor, the failed
-- attempts since, the last one's run).
SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), CAST(target_branch, 'String'), position, CAST(stage, 'String'),
    red_since, first_run_id, first_run_number, CAST(first_commit_id, 'String'), CAST(first_executor_name, 'String'),
    toUInt64(1 + length(later)), if(empty(later), first_run_id, later[-1].2)))
FROM red_times
WHERE green_at = toDateTime64('2100-01-01', 3, 'UTC')
    AND if(empty(later), red_since, later[-1].1) > now() - INTERVAL 30 DAY
