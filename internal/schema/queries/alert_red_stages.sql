-- Stages that are red: the last attempt that ended in success or failure
-- failed. A run that is going on, is cancelled or skips the stage changes
-- nothing. Stages that last failed 30 days ago or earlier are left out, nobody
-- works on them, and so are those of deleted pipelines. Service and environment
-- are those of the deployment rule that holds for the last failed attempt. The
-- first bad run's failed step, its message, the end of its log and the run's page
-- say why; settled says that they are known, or that three minutes have not made
-- them known.
SELECT
    e.tenant AS tenant,
    e.project_id AS project_id,
    if(n.project = '', e.project_id, n.project) AS project,
    e.pipeline_id AS pipeline_id,
    p.name AS pipeline,
    e.stage AS stage,
    e.target_branch AS branch,
    d.service AS service,
    d.environment AS environment,
    e.first_run_id AS run_id,
    ifNull(toString(e.first_run_number), '') AS first_bad_run,
    e.first_commit_id AS first_bad_commit,
    e.first_executor_name AS executor,
    s.step AS step,
    s.message AS message,
    s.log AS log,
    r.detail_url AS url,
    e.failures AS failures,
    dateDiff('second', e.red_since, now64(3)) AS red_for_s,
    s.run_id != '' AND s.log_state != 'pending' OR red_for_s > 180 AS settled
FROM
(
    SELECT *
    FROM red_episodes
    WHERE green_at IS NULL AND last_failed_at > now() - INTERVAL 30 DAY
        AND (tenant, project_id, pipeline_id) IN {{alert_red_pipelines}}
) AS e
INNER JOIN (SELECT tenant, project_id, pipeline_id, name FROM pipelines FINAL) AS p
    ON p.tenant = e.tenant AND p.project_id = e.project_id AND p.pipeline_id = e.pipeline_id
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, position, stage, any(deployments.service) AS service, any(deployments.environment) AS environment
    FROM deployments
    WHERE NOT succeeded AND finished_at > now() - INTERVAL 30 DAY AND (tenant, project_id, pipeline_id) IN {{alert_red_pipelines}}
    GROUP BY tenant, project_id, pipeline_id, run_id, position, stage
) AS d ON d.tenant = e.tenant AND d.project_id = e.project_id AND d.pipeline_id = e.pipeline_id
    AND d.run_id = e.last_run_id AND d.position = e.position AND d.stage = e.stage
LEFT JOIN
(
    SELECT
        tenant, project_id, pipeline_id, run_id, stage_position,
        argMin((failed_steps.step, failed_steps.message, rightUTF8(ifNull(failed_steps.log, ''), 1000), failed_steps.log_state), (ended_at IS NULL, ended_at, step_id)) AS first_failed,
        first_failed.1 AS step,
        first_failed.2 AS message,
        first_failed.3 AS log,
        first_failed.4 AS log_state
    FROM failed_steps
    WHERE (tenant, project_id, pipeline_id) IN {{alert_red_pipelines}}
    GROUP BY tenant, project_id, pipeline_id, run_id, stage_position
) AS s ON s.tenant = e.tenant AND s.project_id = e.project_id AND s.pipeline_id = e.pipeline_id AND s.run_id = e.first_run_id AND s.stage_position = e.position
LEFT JOIN (SELECT tenant, project_id, pipeline_id, run_id, detail_url FROM run_details FINAL WHERE (tenant, project_id, pipeline_id) IN {{alert_red_pipelines}}) AS r
    ON r.tenant = e.tenant AND r.project_id = e.project_id AND r.pipeline_id = e.pipeline_id AND r.run_id = e.first_run_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = e.tenant AND n.project_id = e.project_id
