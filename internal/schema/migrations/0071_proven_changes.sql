-- As in 0041_judged_deployments.sql, but that what brings something new is no rollback,
-- whatever the commits say of when they were made: a clock was wrong, a commit was
-- written anew, or a branch had lain for a while. Of two commits of one repository the
-- older one was committed before, unless it was deployed for the first time and the
-- complete comparison with the one before it shows changes; or, while the time of either
-- is not known, deployed before.
CREATE OR REPLACE VIEW judged_deployments_now AS
WITH sources AS (SELECT tenant, source FROM delivery_sources WHERE unit IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64}))
SELECT
    unit, tenant, project_id, service, environment, codehub_id, succeeded, at, run_id, position, start_text, stage, commit_id, committed_at,
    project, pipeline_id, pipeline, run_number, executor_name, rule, marker,
    lagInFrame(toNullable(at)) OVER before AS prev_at,
    prev_commit,
    leadInFrame(toNullable(at)) OVER after AS next_at,
    leadInFrame(marker) OVER after AS next_marker,
    leadInFrame(run_id) OVER after AS next_run_id,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, service, environment, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next_any_at,
    lagInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, succeeded, run_id, stage ORDER BY at, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS run_prev_at,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, succeeded, run_id, stage ORDER BY at, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS run_next_at,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS repo_next_at,
    rollbacks,
    has(groupArrayArray(arrayMap(e -> (e.1, e.2), rollbacks)) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment RANGE BETWEEN 1 PRECEDING AND CURRENT ROW), (at, run_id)) AS is_rollback
FROM
(
    -- Only what is older than something before it can be a rollback; that is little, so that the arrays are short.
    SELECT
        * EXCEPT (older, brings_new),
        arrayMap(e -> (e.1, e.2, e.3), arrayFilter(e -> (e.1, e.2) > (at, run_id) AND e.3 NOT IN ('', commit_id) AND commit_id != ''
                AND if(e.5 > 0 AND committed_ms > 0, e.5 < committed_ms, e.4 < first_at),
            arraySort(groupArrayIf((at, run_id, commit_id, first_at, committed_ms), older) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING)))) AS rollbacks
    FROM
    (
        SELECT
            *,
            first_at < at OR NOT brings_new AND committed_ms > 0 AND committed_ms < max(committed_ms) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment) AS older
        FROM
        (
            -- moment counts in units of R, so that the two ranges above are R wide.
            SELECT
                a.*,
                toUnixTimestamp64Milli(at) / greatest((SELECT rollback_ms FROM deployment_rules_in_force), 1) AS moment,
                ifNull(toUnixTimestamp64Milli(committed_at), 0) AS committed_ms,
                min(at) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded, commit_id) AS first_at,
                r.brings_new AS brings_new
            FROM unit_attempts(batch = {batch:UInt64}) AS a
            ANY LEFT JOIN
            (
                SELECT tenant, repository_id, from_commit, to_commit, true AS brings_new
                FROM commit_range_states FINAL
                WHERE found AND complete AND total > 0 AND (tenant, repository_id) IN (sources)
            ) AS r ON r.tenant = a.tenant AND r.repository_id = a.codehub_id AND r.from_commit = a.prev_commit AND r.to_commit = a.commit_id
        )
    )
)
WINDOW
    before AS (PARTITION BY tenant, project_id, service, environment, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),
    after AS (PARTITION BY tenant, project_id, service, environment, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING);

-- What was kept is judged anew.
INSERT INTO deployment_rebuilds
SELECT greatest(now64(3, 'UTC'), max(at) + INTERVAL 1 MILLISECOND) FROM deployment_rebuilds
HAVING (SELECT count() FROM judged_deployments) > 0;
