-- The completeness certificate: per pipeline and day what is known of its runs.
-- expected counts the stored numbers and those missing before them; pending
-- ones have not been looked for yet; unknown ones CodeArts does not have, which
-- is no loss: nobody promises that run numbers have no gaps.
SELECT
    d.tenant AS tenant,
    n.project AS project,
    if(p.name = '', d.pipeline_id, p.name) AS pipeline,
    d.day AS day,
    d.known AS known,
    d.expected AS expected,
    d.pending AS pending,
    d.unknown AS unknown,
    d.open AS open,
    d.unnumbered AS unnumbered,
    d.unexplained AS unexplained,
    d.last_good_sweep_at AS last_good_sweep_at
FROM
(
    SELECT d.*, c.unexplained AS unexplained
    FROM
    (
        SELECT * FROM completeness_days_since(since = toDate($__fromTime))
        WHERE $__timeFilter(day)
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    ) AS d
    LEFT JOIN coverage_check AS c ON c.tenant = d.tenant AND c.project_id = d.project_id AND c.pipeline_id = d.pipeline_id
    ORDER BY d.pending DESC, unexplained DESC NULLS LAST, d.unknown DESC, d.day DESC, d.tenant, d.project_id, d.pipeline_id
    LIMIT 500
) AS d
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
LEFT JOIN (SELECT * FROM pipelines FINAL) AS p ON p.tenant = d.tenant AND p.project_id = d.project_id AND p.pipeline_id = d.pipeline_id
ORDER BY pending DESC, unexplained DESC NULLS LAST, unknown DESC, day DESC, tenant, project, pipeline
