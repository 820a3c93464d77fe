INSERT INTO runs_by_day (tenant, day, project_id, pipeline_id, run_id, run, line, run_number, status, until, started_at, ended_at, duration_ms, utc_offset, detail_url, observed_at, ver)
SELECT tenant, toDate(started_at), project_id, pipeline_id, run_id, cityHash64(tenant, project_id, pipeline_id, run_id), cityHash64(tenant, project_id, pipeline_id), run_number, status,
    ifNull(ended_at, toDateTime64('2200-01-01', 3, 'UTC')), started_at, ended_at, duration_ms, 28800, detail_url, observed_at, ver
FROM runs
WHERE (tenant, project_id, pipeline_id) IN
(
    SELECT 'scale', lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))), lower(hex(MD5(concat('pipeline ', toString(number)))))
    FROM numbers({first:UInt64}, {last:UInt64} - {first:UInt64} + 1)
);
