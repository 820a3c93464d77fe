INSERT INTO coverage (tenant, project_id, pipeline_id, from_at, to_at, window_from, window_to, through, total, seen, complete, op, observed_at, ver)
SELECT tenant, project_id, pipeline_id, {now:DateTime64(3, 'UTC')} - INTERVAL 90 DAY AS from_at, {now:DateTime64(3, 'UTC')} AS to_at, from_at, to_at, 1000000, 1, 1, true, 'created', {now:DateTime64(3, 'UTC')}, ver
FROM pipelines;
