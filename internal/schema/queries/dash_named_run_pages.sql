-- The pages of runs in CodeArts, where CodeArts says them (detail_url), of the
-- runs that a query names in the array named: its tuples begin with tenant,
-- project, pipeline and run. Read without FINAL and joined to ANY: every version
-- of a run says the same.
SELECT tenant, project_id, pipeline_id, run_id, run, detail_url
FROM runs_by_day
PREWHERE run IN (SELECT cityHash64(r.1, r.2, r.3, r.4) FROM (SELECT arrayJoin(named) AS r))
WHERE detail_url != ''
