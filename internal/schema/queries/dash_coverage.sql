-- Which window of each pipeline's execution records has been read. CodeArts
-- keeps runs for 90 days, so a first reading reaches that far back. As of a time in
-- the past it is what had been read by then; runs are those with a number, and when the
-- first of them began is not kept.
WITH ({{dash_names_number}}) AS number, {{page_of}} AS page_of
SELECT
    p.tenant AS tenant,
    if(n.project = '', p.project_id, n.project) AS project,
    p.pipeline AS pipeline,
    multiIf(v.complete, 'read', v.known, 'in part', r.runs = 0, 'no run seen', 'not read') AS history,
    v.from_at AS from_at,
    v.to_at AS to_at,
    if(v.known, v.total, NULL) AS rows_in_window,
    r.runs AS runs,
    r.first_started_at AS first_started_at,
    page_of('pipeline', p.tenant, p.project_id, p.pipeline_id) AS pipeline_url
FROM (SELECT *, number(tenant, project_id, pipeline_id) AS key FROM {{dash_pipelines_then}}) AS p
LEFT JOIN {{dash_projects}} AS n ON n.tenant = p.tenant AND n.project_id = p.project_id
LEFT JOIN {{dash_coverage_then}} AS v ON v.line = p.line
LEFT JOIN
(
    SELECT number(tenant, project_id, pipeline_id) AS key, count() AS runs, min(started_at) AS first_started_at
    FROM runs FINAL
    WHERE {{dash_is_now}}
    GROUP BY key
    UNION ALL
    SELECT number(tenant, project_id, pipeline_id), stored, NULL
    FROM completeness_as_of(as_of = {{dash_as_of}})
    WHERE NOT {{dash_is_now}}
) AS r ON r.key = p.key
ORDER BY history = 'read', tenant, project, pipeline
