-- Keeps the attempts that are there by the terms of a batch.
INSERT INTO deployment_inputs
SELECT *, {batch:UInt64}
FROM stage_attempts
PREWHERE (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM deployment_terms WHERE batch = {batch:UInt64} AND notEmpty(rules))
    AND name IN
    (
        WITH (SELECT groupUniqArrayArray(rules.stage) FROM deployment_terms WHERE batch = {batch:UInt64}) AS patterns
        SELECT name FROM (SELECT DISTINCT name FROM stage_attempts) WHERE arrayExists(p -> match(name, p), patterns)
    )
