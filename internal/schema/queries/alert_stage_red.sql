-- Stages that are red for longer than the limit (red), with the seconds since the
-- end of the first failed attempt after their last success.
WITH {{limit_of}} AS limit_of, limit_of('red', tenant, project) AS bound
SELECT
    tenant, project_id, project, service, environment, pipeline_id, pipeline, stage, branch,
    run_id, first_bad_run, first_bad_commit, executor, step, message, log, url,
    red_for_s AS value
FROM {{alert_red_stages}}
WHERE settled AND red_for_s > bound
