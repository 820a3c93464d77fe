-- Runs that ended in the time range and began more than a week before it.
SELECT tenant, project_id, pipeline_id, run_id
FROM {{dash_ended_runs}} AS r
WHERE r.started_at < $__fromTime - INTERVAL 7 DAY
