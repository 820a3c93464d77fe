-- Pipelines with a stage whose last attempt of the last 30 days that ended in
-- success or failure failed. Read without FINAL: the newest version of the last
-- attempt counts.
SELECT tenant, project_id, pipeline_id
FROM stage_attempts
WHERE status IN ('COMPLETED', 'FAILED') AND ended_at > now() - INTERVAL 30 DAY
GROUP BY tenant, project_id, pipeline_id, target_branch, position, name
HAVING argMax(status, (ended_at, started_at, run_id, start_text, ver)) = 'FAILED'
