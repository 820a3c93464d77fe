INSERT INTO run_starts_by_day (tenant, day, project_id, pipeline_id, run_id, run, first_local, ver)
SELECT tenant, day, project_id, pipeline_id, run_id, run, started_at + INTERVAL 28805 SECOND, ver
FROM runs_by_day
WHERE (tenant, project_id, pipeline_id) IN
(
    SELECT 'scale', lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))), lower(hex(MD5(concat('pipeline ', toString(number)))))
    FROM numbers({first:UInt64}, {last:UInt64} - {first:UInt64} + 1)
);
