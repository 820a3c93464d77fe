-- Views that more than one reader needs. They hold no data; numbers are
-- computed from raw rows at the time of the question.

-- Per pipeline: run numbers stored between the lowest and the highest one.
-- completeness is NULL while no run has a number. Runs without a number
-- (queued) are counted apart. Deleted and expired runs count as stored.
CREATE VIEW IF NOT EXISTS completeness AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    uniqExact(run_number) AS stored,
    toUInt64(ifNull(max(run_number) - min(run_number) + 1, 0)) AS expected,
    expected - stored AS missing,
    if(expected = 0, NULL, stored / expected) AS completeness,
    min(run_number) AS lowest,
    max(run_number) AS highest,
    countIf(run_number IS NULL) AS unnumbered
FROM runs FINAL
GROUP BY tenant, project_id, pipeline_id;

-- Failed stages of the newest run of every pipeline, while that run is FAILED:
-- a newer run, or a retry of the same one, takes the pipeline off the list.
-- "Newest" is the highest run number; deleted pipelines do not show.
CREATE VIEW IF NOT EXISTS failed_stages_now AS
SELECT
    a.tenant AS tenant,
    a.project_id AS project_id,
    a.pipeline_id AS pipeline_id,
    p.name AS pipeline,
    p.project_name AS project_name,
    a.run_id AS run_id,
    a.run_number AS run_number,
    a.position AS position,
    a.name AS stage,
    a.started_at AS started_at,
    a.ended_at AS ended_at,
    a.executor_name AS executor_name,
    a.commit_id AS commit_id,
    a.target_branch AS target_branch
FROM
(
    SELECT *
    FROM stage_attempts FINAL
    WHERE (tenant, project_id, pipeline_id, run_id) IN
    (
        SELECT tenant, project_id, pipeline_id, newest.1
        FROM
        (
            SELECT tenant, project_id, pipeline_id, argMax((run_id, status), (assumeNotNull(run_number), ver)) AS newest
            FROM runs FINAL
            WHERE run_number IS NOT NULL
            GROUP BY tenant, project_id, pipeline_id
        )
        WHERE newest.2 = 'FAILED'
    )
    ORDER BY started_at DESC, ver DESC
    LIMIT 1 BY tenant, project_id, pipeline_id, run_id, position, name
) AS a
INNER JOIN
(
    SELECT tenant, project_id, pipeline_id, name, project_name
    FROM pipelines FINAL
) AS p ON p.tenant = a.tenant AND p.project_id = a.project_id AND p.pipeline_id = a.pipeline_id
WHERE a.status = 'FAILED';

-- Deployments: attempts of stages whose name looks like a deployment to
-- production; the service is the pipeline. This stands in for deployment
-- rules, which will be configured per pipeline, stage and environment.
-- A stage that was cancelled, skipped or ignored did not deploy; one that is
-- still running has not deployed yet. Both have succeeded = NULL.
-- The service of a deleted pipeline keeps its last name.
CREATE VIEW IF NOT EXISTS deployments AS
SELECT
    a.tenant AS tenant,
    a.project_id AS project_id,
    a.pipeline_id AS pipeline_id,
    if(p.name = '', a.pipeline_id, p.name) AS service,
    a.run_id AS run_id,
    a.run_number AS run_number,
    a.position AS position,
    a.name AS stage,
    a.status AS status,
    multiIf(a.status = 'COMPLETED', true, a.status = 'FAILED', false, NULL) AS succeeded,
    a.started_at AS started_at,
    a.ended_at AS finished_at,
    a.duration_ms AS duration_ms,
    a.commit_id AS commit_id,
    a.target_branch AS target_branch,
    a.trigger_type AS trigger_type,
    a.executor_name AS executor_name
FROM
(
    SELECT *
    FROM stage_attempts FINAL
    WHERE match(name, '(?i)deploy.*prod|^prod|上线|production')
) AS a
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, argMaxIf(pipelines.name, pipelines.ver, pipelines.name != '') AS name
    FROM pipelines
    GROUP BY tenant, project_id, pipeline_id
) AS p ON p.tenant = a.tenant AND p.project_id = a.project_id AND p.pipeline_id = a.pipeline_id;

-- Deployments per service and day (UTC) of their end. attempts counts those
-- that ended in success or failure; the ratio of a day without any does not
-- exist, so such a day has no row.
CREATE VIEW IF NOT EXISTS deployment_success AS
SELECT
    tenant,
    project_id,
    service,
    toDate(finished_at, 'UTC') AS day,
    count() AS attempts,
    countIf(succeeded) AS succeeded_count,
    countIf(NOT succeeded) AS failed_count,
    succeeded_count / attempts AS success_ratio
FROM deployments
WHERE succeeded IS NOT NULL AND finished_at IS NOT NULL
GROUP BY tenant, project_id, service, day;

-- Every project that was ever seen, with its newest name (the id where no
-- name is known). Read without FINAL: the newest name counts, also that of
-- what is gone by now.
CREATE VIEW IF NOT EXISTS projects AS
SELECT tenant, project_id, if(name = '', project_id, name) AS project
FROM
(
    SELECT tenant, project_id, argMaxIf(project_name, ver, project_name != '') AS name
    FROM
    (
        SELECT tenant, project_id, project_name, ver FROM pipelines
        UNION ALL
        SELECT tenant, project_id, project_name, ver FROM repositories
        UNION ALL
        SELECT DISTINCT tenant, scope, '', 0 FROM polls WHERE NOT startsWith(scope, '_')
    )
    WHERE project_id != ''
    GROUP BY tenant, project_id
);
