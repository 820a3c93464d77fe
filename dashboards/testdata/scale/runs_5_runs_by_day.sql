INSERT INTO runs_by_day (tenant, day, project_id, pipeline_id, run_id, run, line, state, first_local, ver)
SELECT r.tenant, toDate(r.started_at), r.project_id, r.pipeline_id, r.run_id, cityHash64(r.tenant, r.project_id, r.pipeline_id, r.run_id), cityHash64(r.tenant, r.project_id, r.pipeline_id),
    CAST((r.ver, r.run_number, r.status, r.op, r.started_at, r.ended_at, r.duration_ms, r.observed_at, 28800), 'Tuple(ver UInt64, run_number Nullable(UInt32), status String, op String, started_at Nullable(DateTime64(3, \'UTC\')), ended_at Nullable(DateTime64(3, \'UTC\')), duration_ms Nullable(Int64), observed_at DateTime64(3, \'UTC\'), utc_offset Int32)'),
    r.started_at + INTERVAL 28805 SECOND, r.ver
FROM runs AS r
WHERE (r.tenant, r.project_id, r.pipeline_id) IN
(
    SELECT 'scale', lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))), lower(hex(MD5(concat('pipeline ', toString(number)))))
    FROM numbers({first:UInt64}, {last:UInt64} - {first:UInt64} + 1)
);
