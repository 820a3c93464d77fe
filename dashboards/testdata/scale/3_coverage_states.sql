-- Read again four times a day, of 90 days.
INSERT INTO coverage_states (line, tenant, project_id, pipeline_id, from_at, to_at, total, complete, gone, observed_at, ver)
SELECT cityHash64(tenant, project_id, pipeline_id), tenant, project_id, pipeline_id, at - INTERVAL 90 DAY, {now:DateTime64(3, 'UTC')} - toIntervalHour(6 * ago) AS at, 1, true, false, at, ver * 400 - ago
FROM pipelines
CROSS JOIN (SELECT number AS ago FROM numbers(360)) AS n;
