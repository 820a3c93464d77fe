-- Why stages are red, for the messages of their alerts: the first bad run, its commit,
-- executor and page, the step that failed first, its message and the end of its log,
-- of a length that a message holds.
-- All of it may become known later, or be another after a retry in the same run, so
-- that nothing of it may name an alert.
WITH {{run_page}} AS page, arrayMap(red -> (red.1, red.2, red.3, red.8), {{alert_red_episodes}}) AS named
SELECT
    e.tenant AS tenant, e.project_id AS project_id, e.project AS project, e.service AS service, e.environment AS environment,
    e.pipeline_id AS pipeline_id, e.pipeline AS pipeline, e.stage AS stage, e.branch AS branch, e.run_id AS run_id, toString(e.position) AS position,
    ifNull(toString(e.run_number), '') AS first_bad_run,
    e.commit_id AS first_bad_commit,
    e.executor AS executor,
    leftUTF8(s.step, 60) AS step,
    leftUTF8(s.message, 150) AS message,
    rightUTF8(s.log, 300) AS log,
    page(r.detail_url, e.tenant, e.project_id, e.pipeline_id, e.run_id) AS url,
    toUInt8(1) AS value
FROM {{alert_red_stages}} AS e
LEFT JOIN {{first_failed_steps}} AS s ON s.tenant = e.tenant AND s.project_id = e.project_id AND s.pipeline_id = e.pipeline_id AND s.run_id = e.run_id AND s.stage_position = e.position
LEFT ANY JOIN {{dash_named_run_pages}} AS r ON r.run = cityHash64(e.tenant, e.project_id, e.pipeline_id, e.run_id)
