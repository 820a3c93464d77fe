INSERT INTO attempts_by_day (tenant, day, project_id, pipeline_id, run_id, position, name, start_text, started_at, ended_at, duration_ms, status, run_number, trigger_type, executor_name, commit_id, target_branch, life, trial, ver)
SELECT tenant, toDate(started_at), project_id, pipeline_id, run_id, position, name, start_text, started_at, ended_at, duration_ms, status, run_number, trigger_type, executor_name, commit_id, target_branch,
    cityHash64(tenant, project_id, pipeline_id, target_branch, position, name), if(commit_id = '', 0, cityHash64(tenant, project_id, pipeline_id, position, name, commit_id)), ver
FROM stage_attempts
WHERE (tenant, project_id, pipeline_id) IN
(
    SELECT 'scale', lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))), lower(hex(MD5(concat('pipeline ', toString(number)))))
    FROM numbers({first:UInt64}, {last:UInt64} - {first:UInt64} + 1)
);
