-- Every red stage with the seconds since the end of its first failed attempt
-- after its last success.
SELECT
    tenant, project_id, project, service, environment, pipeline_id, pipeline, stage, branch,
    run_id, first_bad_run, first_bad_commit, executor, step, message, log, url,
    red_for_s AS value
FROM {{alert_red_stages}}
WHERE settled
