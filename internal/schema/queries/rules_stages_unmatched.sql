-- Stages of which no rule of a rule set selects the attempts of the last days, or
-- some of them.
SELECT tenant, project, pipeline, stage, n, succeeded, failed
FROM {{rules_stages}}
WHERE number = 0
ORDER BY tenant, project, pipeline, pipeline_id, place, stage
