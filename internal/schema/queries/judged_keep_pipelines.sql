-- Keeps the pipelines of the units of a batch, from its deployments.
INSERT INTO judged_pipelines
SELECT generation, batch, unit, tenant, project_id, service, environment, pipeline_id, any(judged_deployments.project), min(at)
FROM judged_deployments
WHERE batch = {batch:UInt64}
GROUP BY generation, batch, unit, tenant, project_id, service, environment, pipeline_id
