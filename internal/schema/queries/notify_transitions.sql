-- Stages that began to fail and stages that recovered after a time, the oldest
-- first: what the notifier tells. A later failure of a red stage is none.
SELECT
    v.tenant AS tenant,
    v.project_id AS project_id,
    if(j.project = '', v.project_id, j.project) AS project,
    v.pipeline_id AS pipeline_id,
    if(p.pipeline = '', v.pipeline_id, p.pipeline) AS pipeline,
    v.target_branch AS branch,
    v.position AS position,
    v.stage AS stage,
    v.state AS state,
    v.finished_at AS at,
    v.run_id AS run_id,
    ifNull(v.run_number, 0) AS run_number,
    v.start_text AS start_text,
    v.commit_id AS commit,
    v.executor_name AS executor
FROM
(
    SELECT *
    FROM stage_verdicts
    WHERE (tenant, project_id, pipeline_id) IN
    (
        SELECT tenant, project_id, pipeline_id
        FROM attempts_by_day
        WHERE ended_at > {since:DateTime64(3, 'UTC')}
    )
) AS v
LEFT JOIN projects AS j ON j.tenant = v.tenant AND j.project_id = v.project_id
LEFT JOIN {{dash_pipelines}} AS p ON p.tenant = v.tenant AND p.project_id = v.project_id AND p.pipeline_id = v.pipeline_id
WHERE v.state IN ('newly failing', 'recovered') AND v.finished_at > {since:DateTime64(3, 'UTC')}
ORDER BY at, tenant, project_id, pipeline_id, run_id, position, stage
