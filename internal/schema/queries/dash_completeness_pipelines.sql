-- Run numbers stored, among those between the lowest and the highest number
-- known. Unknown until the pipeline's execution records have been read to
-- their end: before that the lowest number is not known. Queued runs without a
-- number are counted apart. Of a time in the past nothing is shown: which numbers were
-- stored then is not kept.
WITH {{page_of}} AS page_of
SELECT
    p.tenant AS tenant,
    if(n.project = '', p.project_id, n.project) AS project,
    p.name AS pipeline,
    if(v.complete, c.completeness, NULL) AS completeness,
    c.expected AS expected,
    c.stored AS stored,
    if(v.complete, c.missing, NULL) AS missing,
    c.unnumbered AS unnumbered,
    multiIf(v.complete, 'read', v.pipeline_id != '', 'in part', c.pipeline_id = '', 'no run seen', 'not read') AS history,
    page_of('pipeline', p.tenant, p.project_id, p.pipeline_id) AS pipeline_url
FROM
(
    SELECT * FROM pipelines FINAL
    WHERE {{dash_is_now}} AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
) AS p
LEFT JOIN completeness AS c ON c.tenant = p.tenant AND c.project_id = p.project_id AND c.pipeline_id = p.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = p.tenant AND n.project_id = p.project_id
LEFT JOIN (SELECT * FROM coverage FINAL) AS v ON v.tenant = p.tenant AND v.project_id = p.project_id AND v.pipeline_id = p.pipeline_id
ORDER BY history = 'no run seen', missing DESC NULLS FIRST, tenant, project, pipeline
