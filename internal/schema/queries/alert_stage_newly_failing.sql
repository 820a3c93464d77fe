-- Production stages that began to fail, until they are green again; the
-- configuration says which environments of the deployment rules are production
-- (alerts.production, and that of the first entry of alerts.limits that gives it
-- and holds). The value counts the failed attempts. Later failures of a
-- red stage change no label, so that they are not told again.
SELECT
    tenant, project_id, project, service, environment, pipeline_id, pipeline, stage, branch,
    run_id, first_bad_run, first_bad_commit, executor, step, message, log, url,
    failures AS value
FROM {{alert_red_stages}}
WHERE is_production AND settled
