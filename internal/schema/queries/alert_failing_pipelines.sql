-- Pipelines with a failed attempt of a stage in the last 30 days.
SELECT tenant, project_id, pipeline_id
FROM stage_attempts FINAL
WHERE status = 'FAILED' AND ended_at > now() - INTERVAL 30 DAY
