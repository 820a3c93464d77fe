INSERT INTO run_numbers (tenant, project_id, pipeline_id, block, bits, seen)
SELECT tenant, project_id, pipeline_id, intDiv(assumeNotNull(run_number), 64), bitShiftLeft(toUInt64(1), assumeNotNull(run_number) % 64), ([assumeNotNull(run_number) % 64], [toUnixTimestamp(assumeNotNull(started_at))])
FROM runs
WHERE run_number IS NOT NULL AND (tenant, project_id, pipeline_id) IN
(
    SELECT 'scale', lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))), lower(hex(MD5(concat('pipeline ', toString(number)))))
    FROM numbers({first:UInt64}, {last:UInt64} - {first:UInt64} + 1)
);
