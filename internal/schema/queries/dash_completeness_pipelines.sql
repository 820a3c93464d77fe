-- Run numbers stored, among those between the lowest and the highest number
-- known. Unknown until the pipeline's execution records have been read to
-- their end: before that the lowest number is not known. Queued runs without a
-- number are counted apart. As of a time in the past it is what had been seen by then;
-- how many queued runs there were is not kept.
WITH {{page_of}} AS page_of
SELECT
    p.tenant AS tenant,
    if(n.project = '', p.project_id, n.project) AS project,
    p.pipeline AS pipeline,
    if(v.complete, c.completeness, NULL) AS completeness,
    c.expected AS expected,
    c.stored AS stored,
    if(v.complete, c.missing, NULL) AS missing,
    c.unnumbered AS unnumbered,
    multiIf(v.complete, 'read', v.known, 'in part', c.pipeline_id = '', 'no run seen', 'not read') AS history,
    page_of('pipeline', p.tenant, p.project_id, p.pipeline_id) AS pipeline_url
FROM {{dash_pipelines_then}} AS p
LEFT JOIN {{dash_completeness_then}} AS c ON c.tenant = p.tenant AND c.project_id = p.project_id AND c.pipeline_id = p.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = p.tenant AND n.project_id = p.project_id
LEFT JOIN {{dash_coverage_then}} AS v ON v.line = p.line
ORDER BY history = 'no run seen', missing DESC NULLS FIRST, tenant, project, pipeline
