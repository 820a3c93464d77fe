-- What the notifier tells of transitions beside themselves: the page of the run,
-- the step that failed first, its message and the end of its log. settled says
-- that all of it is known, or will not be. stages is a list in JSON.
WITH {{run_page}} AS page,
    JSONExtract({stages:String}, 'Array(Tuple(tenant String, project_id String, pipeline_id String, run_id String, position UInt16, id String))') AS named
SELECT
    t.id AS id,
    page(u.detail_url, t.tenant, t.project_id, t.pipeline_id, t.run_id) AS url,
    leftUTF8(s.step, 200) AS step,
    leftUTF8(s.message, 500) AS message,
    s.log AS log,
    s.run_id != '' AND s.log_state != 'pending' AS settled
FROM
(
    SELECT t.1 AS tenant, t.2 AS project_id, t.3 AS pipeline_id, t.4 AS run_id, t.5 AS position, t.6 AS id
    FROM (SELECT arrayJoin(named) AS t)
) AS t
LEFT JOIN {{first_failed_steps}} AS s ON s.tenant = t.tenant AND s.project_id = t.project_id AND s.pipeline_id = t.pipeline_id AND s.run_id = t.run_id AND s.stage_position = t.position
LEFT ANY JOIN {{dash_named_run_pages}} AS u ON u.run = cityHash64(t.tenant, t.project_id, t.pipeline_id, t.run_id)
