-- Pipelines that had been created and were not known to have gone as of As of, with
-- their newest name. line is the pipeline as a number. Read without FINAL: the newest of
-- all versions counts, so that one that went and came back was always there.
SELECT
    tenant, project_id, pipeline_id, cityHash64(tenant, project_id, pipeline_id) AS line,
    argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS pipeline
FROM pipelines
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
GROUP BY tenant, project_id, pipeline_id
HAVING NOT argMax(pipelines.is_deleted = 1 AND pipelines.observed_at <= {{dash_as_of}} OR ifNull(pipelines.created_at > {{dash_as_of}}, false), pipelines.ver)
