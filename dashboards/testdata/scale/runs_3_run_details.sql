INSERT INTO run_details (tenant, project_id, pipeline_id, run_id, subject_id, name, status, run_number, started_at, ended_at, group_id, op, observed_at, ver)
SELECT 'scale', project_id, pipeline_id, run_id, run_id, concat('pipeline ', toString(p)), status, r, started_at, started_at + toIntervalSecond(10 + arraySum(arraySlice(took, 1, reached))), '', 'created', started_at, ver
FROM scale_runs(first = {first:UInt64}, last = {last:UInt64}, runs = {runs:UInt64}, pipelines = {pipelines:UInt64}, projects = {projects:UInt64}, now = {now:DateTime64(3, 'UTC')})
WHERE NOT open AND started_at > {now:DateTime64(3, 'UTC')} - INTERVAL 90 DAY;
