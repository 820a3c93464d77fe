-- Stages that a rule of a rule set selects: which, and what their attempts of the
-- last days deploy.
SELECT tenant, project, pipeline, stage, number, rule, deploys, n, succeeded, failed
FROM {{rules_stages}}
WHERE number > 0
ORDER BY tenant, project, pipeline, pipeline_id, place, stage, number, deploys
