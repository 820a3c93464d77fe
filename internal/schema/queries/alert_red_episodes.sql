-- Stages that are red, as an array: (tenant, project_id, pipeline_id, branch, position
-- in the first bad run, stage, end of the first failed attempt since the last success,
-- its run, run number, commit and executor, the failed attempts since, the last one's
-- run and position, the pipeline's name).
SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), CAST(target_branch, 'String'), first_position, CAST(stage, 'String'),
    red_since, first_run_id, first_run_number, CAST(first_commit_id, 'String'), CAST(first_executor_name, 'String'),
    failures, run_id, position, CAST(pipeline, 'String')))
FROM failed_stages_as_of(as_of = now64(3, 'UTC'))
