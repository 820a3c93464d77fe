-- Failed stages of the newest runs, newest first.
SELECT f.tenant AS tenant, p.project AS project, f.pipeline AS pipeline, f.stage AS stage, f.run_number AS run,
    f.ended_at AS ended_at, f.executor_name AS executor, left(f.commit_id, 10) AS commit
FROM failed_stages_now AS f
INNER JOIN projects AS p ON p.tenant = f.tenant AND p.project_id = f.project_id
WHERE f.tenant = {tenant:String} OR {tenant:String} = ''
ORDER BY ended_at DESC, pipeline, stage
