-- The pages of failed runs in CodeArts, where CodeArts says them (detail_url).
-- Read without FINAL and joined to ANY: every version of a run says the same.
SELECT tenant, project_id, pipeline_id, run_id, detail_url
FROM runs
WHERE status = 'FAILED' AND detail_url != ''
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
