-- Failed stages of the newest runs, newest first.
SELECT tenant, project_id, project_name, pipeline, stage, run_number, ended_at, executor_name, commit_id
FROM failed_stages_now
WHERE tenant = {tenant:String} OR {tenant:String} = ''
ORDER BY ended_at DESC, pipeline, stage
