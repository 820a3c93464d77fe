-- Which window of each pipeline's execution records has been read. CodeArts
-- keeps runs for 90 days, so a first reading reaches that far back. Of a time in
-- the past nothing is shown: how far they were read then is not kept.
WITH ({{dash_names_number}}) AS number, {{page_of}} AS page_of
SELECT
    p.tenant AS tenant,
    if(n.project = '', p.project_id, n.project) AS project,
    p.name AS pipeline,
    multiIf(v.complete, 'read', v.pipeline_id != '', 'in part', r.runs = 0, 'no run seen', 'not read') AS history,
    v.from_at AS from_at,
    v.to_at AS to_at,
    if(v.pipeline_id = '', NULL, v.total) AS rows_in_window,
    r.runs AS runs,
    r.first_started_at AS first_started_at,
    page_of('pipeline', p.tenant, p.project_id, p.pipeline_id) AS pipeline_url
FROM
(
    SELECT *, number(tenant, project_id, pipeline_id) AS key FROM pipelines FINAL
    WHERE {{dash_is_now}} AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS p
LEFT JOIN {{dash_projects}} AS n ON n.tenant = p.tenant AND n.project_id = p.project_id
LEFT JOIN (SELECT * FROM coverage FINAL) AS v ON v.tenant = p.tenant AND v.project_id = p.project_id AND v.pipeline_id = p.pipeline_id
LEFT JOIN
(
    SELECT number(tenant, project_id, pipeline_id) AS key, count() AS runs, min(started_at) AS first_started_at
    FROM runs FINAL
    GROUP BY key
) AS r ON r.key = p.key
ORDER BY history = 'read', tenant, project, pipeline
