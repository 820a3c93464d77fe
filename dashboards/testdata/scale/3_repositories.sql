INSERT INTO repositories (tenant, repository_id, project_id, project_name, name, capacity_mb, member_number, op, observed_at, ver)
SELECT tenant, cityHash64(pipeline_id) % 1000000, project_id, project_name, concat('repo of ', name), 100 + cityHash64(pipeline_id) % 20000, 5, 'created', {now:DateTime64(3, 'UTC')} - INTERVAL 2 YEAR, ver
FROM pipelines
WHERE ver % 4 = 0;
