-- The step that failed first of each stage of the runs that a query names in the
-- array named (its tuples begin with tenant, project, pipeline and run), with its
-- message and the end of its log.
SELECT
    tenant, project_id, pipeline_id, run_id, stage_position,
    argMin((failed_steps.step, failed_steps.message, rightUTF8(ifNull(failed_steps.log, ''), 1000), failed_steps.log_state), (ended_at IS NULL, ended_at, step_id)) AS first_failed,
    first_failed.1 AS step,
    first_failed.2 AS message,
    first_failed.3 AS log,
    first_failed.4 AS log_state
FROM failed_steps
WHERE run_id IN (SELECT arrayJoin(named).4) AND (tenant, project_id, pipeline_id, run_id) IN (SELECT r.1, r.2, r.3, r.4 FROM (SELECT arrayJoin(named) AS r))
GROUP BY tenant, project_id, pipeline_id, run_id, stage_position
SETTINGS optimize_move_to_prewhere_if_final = 1
