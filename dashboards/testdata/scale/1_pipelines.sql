INSERT INTO pipelines (tenant, project_id, pipeline_id, name, project_name, created_at, op, observed_at, ver)
SELECT
    'scale',
    lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))),
    lower(hex(MD5(concat('pipeline ', toString(number))))),
    concat('pipeline ', toString(number)),
    concat('Project ', toString(number % {projects:UInt64})),
    {now:DateTime64(3, 'UTC')} - INTERVAL 3 YEAR,
    'created',
    {now:DateTime64(3, 'UTC')} - INTERVAL 2 YEAR,
    number + 1
FROM numbers({pipelines:UInt64});
