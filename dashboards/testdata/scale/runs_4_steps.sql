INSERT INTO steps (tenant, project_id, pipeline_id, run_id, step_id, stage_name, stage_position, job_id, job_name, position, name, business_type, status, message, started_at, ended_at, duration_ms, op, observed_at, ver)
SELECT
    'scale', project_id, pipeline_id, run_id, lower(hex(MD5(concat(run_id, toString(s), toString(t))))), names[s + 1], s,
    lower(hex(MD5(concat(run_id, toString(s))))), 'job', t, concat('step ', toString(t)), 'Build',
    if(s + 1 = reached AND t = 2, status, 'COMPLETED'), if(s + 1 = reached AND t = 2 AND status = 'FAILED', 'exit status 1', ''),
    started_at + toIntervalSecond(arraySum(arraySlice(took, 1, s)) + intDiv(t * took[s + 1], 3)), started_at + toIntervalSecond(arraySum(arraySlice(took, 1, s)) + intDiv((t + 1) * took[s + 1], 3)),
    intDiv(1000 * took[s + 1], 3), 'created', started_at, ver
FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')})
ARRAY JOIN range(0, reached) AS s
ARRAY JOIN range(0, 3) AS t
WHERE NOT open AND started_at > {now:DateTime64(3, 'UTC')} - INTERVAL 90 DAY;
