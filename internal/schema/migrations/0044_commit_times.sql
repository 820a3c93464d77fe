-- As in 0041_judged_deployments.sql, but a commit has the time of its newest
-- state, as in the view commits, and none if that tells none: argMax passes over
-- NULL, and found an older time as long as the two states were not merged.
CREATE OR REPLACE VIEW unit_attempts AS
WITH sources AS (SELECT tenant, source FROM delivery_sources WHERE unit IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64}))
SELECT
    *,
    lagInFrame(commit_id) OVER repository AS prev_commit,
    lagInFrame(committed_at) OVER repository AS prev_committed_at
FROM
(
    SELECT s.*, c.committed_at AS committed_at
    FROM
    (
        SELECT
            sipHash64(tenant, service, environment) AS unit, tenant, project_id, service, environment, codehub_id, assumeNotNull(deployments.succeeded) AS succeeded,
            assumeNotNull(deployments.finished_at) AS at, run_id, position, start_text, stage, commit_id, project, pipeline_id, pipeline, run_number, executor_name, rule, marker
        FROM deployments
        WHERE (tenant, pipeline_id) IN (sources) AND sipHash64(tenant, service, environment) IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64})
            AND deployments.succeeded IS NOT NULL AND deployments.finished_at IS NOT NULL
    ) AS s
    ANY LEFT JOIN
    (
        SELECT tenant, repository_id, commit_id, argMax(tuple(commit_states.committed_at), ver).1 AS committed_at
        FROM commit_states
        WHERE found AND (tenant, repository_id) IN (sources)
        GROUP BY tenant, repository_id, commit_id
    ) AS c
        ON c.tenant = s.tenant AND c.repository_id = s.codehub_id AND c.commit_id = s.commit_id
)
WINDOW repository AS (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);
