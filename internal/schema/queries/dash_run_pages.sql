-- The pages of runs in CodeArts, where CodeArts says them (detail_url). Read
-- without FINAL and joined to ANY: every version of a run says the same.
SELECT tenant, project_id, pipeline_id, run_id, status, ended_at, detail_url
FROM runs
WHERE detail_url != ''
