-- Stages that are red for longer than the limit (red), and than the three minutes in
-- which the reason becomes known, with the seconds since the end of the first failed
-- attempt after their last success: on the main branch of their pipeline, the one
-- with attempts on most of the last 30 days (of several the one that was tried
-- first), and on every branch where the stage deploys to production. A feature
-- branch that is left red is not told.
WITH {{limit_of}} AS limit_of, limit_of('red', tenant, project) AS bound
SELECT tenant, project_id, project, service, environment, pipeline_id, pipeline, stage, branch, run_id, toString(position) AS position, red_for_s AS value
FROM {{alert_red_stages}}
WHERE red_for_s > greatest(bound, 180)
    AND (is_production OR (tenant, project_id, pipeline_id, branch) IN
    (
        SELECT tenant, project_id, pipeline_id, argMax(target_branch, (days, -first_day)) AS branch
        FROM
        (
            SELECT tenant, project_id, pipeline_id, target_branch, uniqExact(day) AS days, toInt32(min(day)) AS first_day
            FROM attempts_by_day FINAL
            WHERE day > today() - 30
            GROUP BY tenant, project_id, pipeline_id, target_branch
        )
        GROUP BY tenant, project_id, pipeline_id
    ))
