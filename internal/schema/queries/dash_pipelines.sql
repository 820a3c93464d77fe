-- Every pipeline that was ever seen, with its newest name. Read without FINAL:
-- runs of a deleted pipeline keep its last name.
SELECT tenant, project_id, pipeline_id, argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS pipeline
FROM pipelines
GROUP BY tenant, project_id, pipeline_id
