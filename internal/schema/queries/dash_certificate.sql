-- The completeness certificate: per pipeline and day what is known of its runs.
-- expected counts the stored numbers and those missing before them; pending
-- ones have not been looked for yet; unknown ones CodeArts does not have, which
-- is no loss: nobody promises that run numbers have no gaps. Sweeps are read since
-- the first day that is shown.
WITH {{page_of}} AS page_of,
(
    /* Which days come first is known without counting runs. Twice as many as are shown: all runs of a day may have moved to others. */
    SELECT groupArray((line, day, missing, unknown, unexplained))
    FROM
    (
        SELECT line, day, max(n.missing) AS missing, max(n.unknown) AS unknown, any(n.unexplained) AS unexplained
        FROM
        (
            SELECT d.line AS line, d.day AS day, d.missing AS missing, d.unknown AS unknown, c.unexplained AS unexplained
            FROM
            (
                SELECT line, day, missing, unknown FROM gap_days(since = toDate($__fromTime))
                UNION ALL
                SELECT DISTINCT line, runs_by_day.day, toInt64(0), toInt64(0) FROM runs_by_day FINAL WHERE runs_by_day.day >= toDate($__fromTime) AND started_at IS NOT NULL
            ) AS d
            LEFT JOIN (SELECT cityHash64(tenant, project_id, pipeline_id) AS line, unexplained FROM coverage_check) AS c ON c.line = d.line
            WHERE d.day <= toDate($__toTime) AND d.line IN (SELECT line FROM {{dash_lines}})
            ORDER BY missing - unknown DESC, unexplained DESC NULLS LAST, unknown DESC, day DESC, line
            LIMIT 2000
        ) AS n
        GROUP BY line, day
        ORDER BY missing - unknown DESC, unexplained DESC NULLS LAST, unknown DESC, day DESC, line
        LIMIT 1000
    )
) AS shown
SELECT
    l.tenant AS tenant,
    n.project AS project,
    if(p.name = '', l.pipeline_id, p.name) AS pipeline,
    d.day AS day,
    r.known AS known,
    r.known - r.unnumbered + d.missing AS expected,
    d.missing - d.unknown AS pending,
    d.unknown AS unknown,
    r.open AS open,
    r.unnumbered AS unnumbered,
    d.unexplained AS unexplained,
    s.last_good_sweep_at AS last_good_sweep_at,
    page_of('pipeline', l.tenant, l.project_id, l.pipeline_id) AS pipeline_url
FROM
(
    SELECT s.1 AS line, s.2 AS day, s.3 AS missing, s.4 AS unknown, s.5 AS unexplained
    FROM (SELECT arrayJoin(shown) AS s)
) AS d
LEFT JOIN
(
    SELECT
        line, assumeNotNull(toDate(started_at, 'UTC')) AS day,
        toInt64(count()) AS known,
        countIf(run_number IS NULL) AS unnumbered,
        countIf(status NOT IN ('COMPLETED', 'FAILED', 'CANCELED', 'IGNORED') AND NOT gone) AS open
    FROM runs_begun_since(since = (SELECT arrayMin(shown.2)))
    WHERE started_at IS NOT NULL AND (line, day) IN (SELECT arrayJoin(arrayZip(shown.1, shown.2)))
    GROUP BY line, day
) AS r ON r.line = d.line AND r.day = d.day
INNER JOIN {{dash_lines}} AS l ON l.line = d.line
LEFT JOIN good_sweeps_since(since = (SELECT arrayMin(shown.2))) AS s ON s.tenant = l.tenant AND s.scope = l.project_id AND s.day = d.day
LEFT JOIN {{dash_projects}} AS n ON n.tenant = l.tenant AND n.project_id = l.project_id
LEFT JOIN (SELECT * FROM pipelines FINAL) AS p ON p.tenant = l.tenant AND p.project_id = l.project_id AND p.pipeline_id = l.pipeline_id
WHERE r.known > 0 OR d.missing > 0
ORDER BY pending DESC, unexplained DESC NULLS LAST, unknown DESC, day DESC, tenant, project, pipeline
LIMIT 500
