-- The attempts that turned a stage red or green, of those that a query names in
-- the array turns: its tuples begin with the life of the stage and the end.
SELECT life, any(attempts_by_day.tenant) AS tenant, any(attempts_by_day.project_id) AS project_id, any(attempts_by_day.pipeline_id) AS pipeline_id, any(target_branch) AS branch, any(name) AS stage,
    assumeNotNull(attempts_by_day.ended_at) AS ended_at, status = 'FAILED' AS failed,
    argMin((run_id, run_number, CAST(commit_id, 'String'), CAST(executor_name, 'String')), (started_at, run_id, start_text)) AS run
FROM attempts_by_day FINAL
PREWHERE life IN (SELECT arrayJoin(turns).1)
WHERE status IN ('COMPLETED', 'FAILED') AND attempts_by_day.ended_at >= arrayMin(turns.2)
    AND has(arrayMap(turn -> cityHash64(turn.1, turn.2), turns), cityHash64(life, assumeNotNull(attempts_by_day.ended_at)))
GROUP BY life, ended_at, failed
