-- Notes the terms that are wanted and not in force as coming.
INSERT INTO deployment_terms (tenant, project_id, pipeline_id, in_force, batch, terms, generation, pipeline, project, markers, rules)
SELECT tenant, project_id, pipeline_id, false, {batch:UInt64}, terms, generation, pipeline, project, markers, rules
FROM deployment_terms_wanted
WHERE terms NOT IN (SELECT terms FROM deployment_terms_in_force)
