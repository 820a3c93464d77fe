-- For how long runs were seen waiting for somebody: those that were seen to wait
-- at all, and from before they were over.
SELECT cityHash64(tenant, project_id, pipeline_id, run_id) AS run, assumeNotNull(run_pauses.paused_s) AS paused_s
FROM run_pauses
WHERE run_pauses.paused_s > 0
    AND (tenant, project_id, pipeline_id, run_id) IN
    (
        SELECT tenant, project_id, pipeline_id, run_id
        FROM run_states
        WHERE status IN ('PAUSED', 'SUSPEND')
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    )
