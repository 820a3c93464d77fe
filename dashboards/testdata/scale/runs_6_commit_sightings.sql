INSERT INTO commit_sightings (commit, seen_at, ver)
SELECT cityHash64(tenant, codehub_id_text, commit_id), started_at, ver
FROM runs
WHERE started_at IS NOT NULL AND commit_id != '' AND (tenant, project_id, pipeline_id) IN
(
    SELECT 'scale', lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))), lower(hex(MD5(concat('pipeline ', toString(number)))))
    FROM numbers({first:UInt64}, {last:UInt64} - {first:UInt64} + 1)
);
