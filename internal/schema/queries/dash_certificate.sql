-- The completeness certificate: per pipeline and day what is known of its runs.
-- expected counts the stored numbers and those missing before them; pending
-- ones have not been looked for yet; unknown ones CodeArts does not have, which
-- is no loss: nobody promises that run numbers have no gaps. Sweeps are read since
-- the first day that is shown.
WITH {{page_of}} AS page_of,
(
    SELECT groupArray((line, day, known, expected, pending, unknown, open, unnumbered, unexplained))
    FROM
    (
        SELECT d.*, c.unexplained AS unexplained
        FROM (SELECT * FROM completeness_line_days(since = toDate($__fromTime)) WHERE day <= toDate($__toTime) AND line IN (SELECT line FROM {{dash_lines}})) AS d
        LEFT JOIN (SELECT cityHash64(tenant, project_id, pipeline_id) AS line, unexplained FROM coverage_check) AS c ON c.line = d.line
        ORDER BY pending DESC, unexplained DESC NULLS LAST, unknown DESC, day DESC, line
        LIMIT 500
    )
) AS shown
SELECT
    l.tenant AS tenant,
    n.project AS project,
    if(p.name = '', l.pipeline_id, p.name) AS pipeline,
    d.day AS day,
    d.known AS known,
    d.expected AS expected,
    d.pending AS pending,
    d.unknown AS unknown,
    d.open AS open,
    d.unnumbered AS unnumbered,
    d.unexplained AS unexplained,
    s.last_good_sweep_at AS last_good_sweep_at,
    page_of('pipeline', l.tenant, l.project_id, l.pipeline_id) AS pipeline_url
FROM
(
    SELECT s.1 AS line, s.2 AS day, s.3 AS known, s.4 AS expected, s.5 AS pending, s.6 AS unknown, s.7 AS open, s.8 AS unnumbered, s.9 AS unexplained
    FROM (SELECT arrayJoin(shown) AS s)
) AS d
INNER JOIN {{dash_lines}} AS l ON l.line = d.line
LEFT JOIN good_sweeps_since(since = (SELECT arrayMin(shown.2))) AS s ON s.tenant = l.tenant AND s.scope = l.project_id AND s.day = d.day
LEFT JOIN {{dash_projects}} AS n ON n.tenant = l.tenant AND n.project_id = l.project_id
LEFT JOIN (SELECT * FROM pipelines FINAL) AS p ON p.tenant = l.tenant AND p.project_id = l.project_id AND p.pipeline_id = l.pipeline_id
ORDER BY pending DESC, unexplained DESC NULLS LAST, unknown DESC, day DESC, tenant, project, pipeline
