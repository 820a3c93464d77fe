INSERT INTO coverage (tenant, project_id, pipeline_id, from_at, to_at, through, total, seen, complete, op, observed_at, ver)
SELECT tenant, project_id, pipeline_id, {now:DateTime64(3, 'UTC')} - INTERVAL 90 DAY, {now:DateTime64(3, 'UTC')}, 1, 1, 1, true, 'created', {now:DateTime64(3, 'UTC')}, ver
FROM pipelines;
