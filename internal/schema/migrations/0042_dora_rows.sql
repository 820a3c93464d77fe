-- The DORA rows over what is kept (0041_judged_deployments.sql). What happened
-- after as_of is not known yet: of what is kept of a deployment only what comes
-- after it depends on that, and is left out here.

-- Attempts that succeeded or failed from since to as_of.
CREATE VIEW IF NOT EXISTS dora_rows AS
SELECT * EXCEPT (generation, batch)
FROM judged_deployments
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')};

-- Successful deployments of the window, judged.
-- incidents: those that the reporter linked to the run, and those of the service
-- and environment, linked to no run, that began after this deployment and
-- before the next one, within H. Of several deployments of one linked run it is
-- the last before the incident. Each is (id, start, end or NULL, how, title).
-- failed: it has an incident; or a deployment within R went back to an older
-- commit; or the next one, within R, is marked as a hotfix or rollback, unless
-- this one is a remedy itself. mature: H is over, so that no incident can come
-- any more by its time.
-- rework: it is marked as a hotfix or rollback or as linked to a bug, or went
-- back to an older commit within R. A link to a bug says that nobody planned the
-- change, not that the deployment before it had the bug.
-- recovery_s: from its end to the end of its last incident; without incidents to
-- the end of the deployment that mended it; NULL while an incident is open, for
-- open_s so far. remedy_s: to whatever mended anything first.
CREATE OR REPLACE VIEW dora_deployments AS
WITH (SELECT (attribution_ms, rollback_ms, version) FROM deployment_rules_in_force) AS rules
SELECT
    tenant, project_id, project, service, environment, pipeline_id, pipeline, run_id, run_number, stage, start_text,
    at AS finished_at, prev_at, commit_id, prev_commit, executor_name, marker, rule, rule_version, mature,
    incidents, rollbacks, is_rollback, reasons, failed,
    arrayConcat(
        arrayMap(i -> trimRight(concat(i.1, ' ', i.5)), incidents),
        arrayMap(e -> concat('back to ', e.3, ' by ', e.2), arraySlice(rollbacks, 1, 1)),
        if(mended_by = '', [], [concat(mended_by, ' by ', next_run_id)])) AS evidence,
    multiIf(marker = 'bug', 'linked to a bug', marker != '', concat('marked as ', marker), is_rollback, 'went back to an older commit', '') AS rework_reason,
    marker != '' OR is_rollback AS rework,
    fromUnixTimestamp64Milli(recovered_ms, 'UTC') AS recovered_at,
    (recovered_ms - toUnixTimestamp64Milli(at)) / 1000 AS recovery_s,
    if(notEmpty(incidents), (recovered_ms - toUnixTimestamp64Milli(incidents[1].2)) / 1000, NULL) AS incident_recovery_s,
    if(failed AND remedy_ms > 0, (remedy_ms - toUnixTimestamp64Milli(at)) / 1000, NULL) AS remedy_s,
    if(failed AND recovered_ms IS NULL, dateDiff('millisecond', at, {as_of:DateTime64(3, 'UTC')}) / 1000, NULL) AS open_s
FROM
(
    SELECT
        *,
        notEmpty(reasons) AS failed,
        multiIf(empty(reasons) OR arrayExists(i -> isNull(i.3), incidents), NULL, notEmpty(incidents), arrayMax(i -> ifNull(toUnixTimestamp64Milli(i.3), 0), incidents), remedy_ms) AS recovered_ms
    FROM
    (
        SELECT
            *,
            if(next_mends AND marker NOT IN ('hotfix', 'rollback') AND NOT is_rollback, next_marker, '') AS mended_by,
            arrayFilter(r -> r != '',
            [
                if(has(incidents.4, 'linked'), 'incident linked to it', ''),
                if(has(incidents.4, 'after it'), 'incident after it', ''),
                if(notEmpty(rollbacks), 'rollback after it', ''),
                if(mended_by = '', '', concat('marked ', mended_by, ' after it'))
            ]) AS reasons,
            arrayMin(arrayFilter(t -> t > 0, arrayConcat(
                arrayMap(i -> ifNull(toUnixTimestamp64Milli(i.3), 0), incidents),
                arrayMap(e -> toUnixTimestamp64Milli(e.1), rollbacks),
                [if(next_mends, ifNull(toUnixTimestamp64Milli(next_at), 0), 0)]))) AS remedy_ms
        FROM
        (
            SELECT
                d.tenant AS tenant, d.project_id AS project_id, d.project AS project, d.service AS service, d.environment AS environment,
                d.pipeline_id AS pipeline_id, d.pipeline AS pipeline, d.run_id AS run_id, d.run_number AS run_number, d.stage AS stage, d.start_text AS start_text,
                d.at AS at, d.prev_at AS prev_at, d.commit_id AS commit_id, d.prev_commit AS prev_commit, d.executor_name AS executor_name, d.marker AS marker, d.rule AS rule,
                d.next_at AS next_at, d.next_marker AS next_marker, d.next_run_id AS next_run_id, d.rollbacks AS rollbacks, d.is_rollback AS is_rollback,
                rules.3 AS rule_version,
                dateDiff('millisecond', d.at, {as_of:DateTime64(3, 'UTC')}) >= rules.1 AS mature,
                arraySort(i -> (i.2, i.1), arrayConcat(
                    arrayFilter(i -> i.6 IN ('', d.stage) AND i.7 IN ('', d.service) AND i.8 IN ('', d.environment)
                        AND (i.2 >= d.at OR d.run_prev_at IS NULL) AND (d.run_next_at IS NULL OR i.2 < d.run_next_at), l.linked),
                    arrayFilter(i -> i.2 >= d.at AND dateDiff('millisecond', d.at, i.2) < rules.1 AND (d.next_any_at IS NULL OR i.2 < d.next_any_at), w.near))) AS incidents,
                d.next_marker IN ('hotfix', 'rollback') AND dateDiff('millisecond', d.at, d.next_at) <= rules.2 AS next_mends
            FROM
            (
                -- Few have an incident: the arrays of all incidents are joined to those only whose first one comes soon enough.
                SELECT c.*, n.found AND dateDiff('millisecond', c.at, n.started_at) < rules.1 AND (c.next_any_at IS NULL OR n.started_at < c.next_any_at) AS has_near
                FROM
                (
                    SELECT
                        r.* EXCEPT (next_at, next_any_at, run_next_at, rollbacks),
                        if(r.next_at <= {as_of:DateTime64(3, 'UTC')}, r.next_at, NULL) AS next_at,
                        if(r.next_any_at <= {as_of:DateTime64(3, 'UTC')}, r.next_any_at, NULL) AS next_any_at,
                        if(r.run_next_at <= {as_of:DateTime64(3, 'UTC')}, r.run_next_at, NULL) AS run_next_at,
                        arrayFilter(e -> e.1 <= {as_of:DateTime64(3, 'UTC')}, r.rollbacks) AS rollbacks
                    FROM dora_rows(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS r
                    WHERE r.succeeded
                ) AS c
                ASOF LEFT JOIN
                (
                    SELECT tenant, service, environment, started_at, true AS found
                    FROM incidents
                    WHERE deployment_run_id = '' AND started_at >= {since:DateTime64(3, 'UTC')} AND started_at <= {as_of:DateTime64(3, 'UTC')}
                ) AS n ON n.tenant = c.tenant AND n.service = c.service AND n.environment = c.environment AND n.started_at >= c.at
            ) AS d
            LEFT JOIN
            (
                SELECT tenant, service, environment, true AS has_near,
                    groupArray((incident_id, started_at, if(incidents.resolved_at <= {as_of:DateTime64(3, 'UTC')}, incidents.resolved_at, NULL), 'after it', title, '', '', '')) AS near
                FROM incidents
                WHERE deployment_run_id = '' AND started_at >= {since:DateTime64(3, 'UTC')} AND started_at <= {as_of:DateTime64(3, 'UTC')}
                GROUP BY tenant, service, environment
            ) AS w ON w.tenant = d.tenant AND w.service = d.service AND w.environment = d.environment AND w.has_near = d.has_near
            LEFT JOIN
            (
                SELECT tenant, deployment_run_id,
                    groupArray((incident_id, started_at, if(incidents.resolved_at <= {as_of:DateTime64(3, 'UTC')}, incidents.resolved_at, NULL), 'linked', title,
                        deployment_stage, toString(service), toString(environment))) AS linked
                FROM incidents
                WHERE deployment_run_id != '' AND started_at <= {as_of:DateTime64(3, 'UTC')}
                GROUP BY tenant, deployment_run_id
            ) AS l ON l.tenant = d.tenant AND l.deployment_run_id = d.run_id
        )
    )
);

-- Changes of the window: one row for each commit and service, of the first
-- deployment ever that had it, and one for each deployment without any commit time.
-- tier A: CodeArts Repo tells the commits between this deployment's and the one
--         before it, and each has its own time
-- tier B: only the deployed commit itself has a time
-- tier C: no commit has one; there is no lead time, only how long the run took
--         from its trigger to the end of the deployment (dora_deliveries)
-- state: counted; baseline, the first deployment, whose changes nobody knows;
-- older, a deployed commit from before the one that it replaces; negative,
-- committed after it was deployed; no time.
CREATE OR REPLACE VIEW dora_changes AS
SELECT
    tenant, project_id, service, environment, codehub_id, commit_id, at AS finished_at, tier, project, committed_at, title, author_name,
    pipeline_id, pipeline, run_id, run_number, stage, rule,
    dateDiff('millisecond', committed_at, finished_at) / 1000 AS seconds,
    multiIf(exception != '', exception, seconds IS NULL, 'no time', seconds < 0, 'negative', 'counted') AS state,
    if(state = 'counted', seconds, NULL) AS lead_s
FROM shipped_changes
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')};

-- Pipeline delivery time of the deployments of tier C: from the trigger of the
-- run to the end of the deployment, retries and waiting included. It knows
-- nothing of commits and is no lead time.
CREATE OR REPLACE VIEW dora_deliveries AS
SELECT c.* EXCEPT (seconds, lead_s, state), r.started_at AS triggered_at, dateDiff('millisecond', triggered_at, c.finished_at) / 1000 AS delivery_s
FROM (SELECT * FROM dora_changes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) WHERE tier = 'C') AS c
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, started_at
    FROM runs FINAL
    PREWHERE (tenant, project_id, pipeline_id, run_id) IN
    (
        SELECT tenant, project_id, pipeline_id, run_id
        FROM dora_changes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
        WHERE tier = 'C'
    )
) AS r ON r.tenant = c.tenant AND r.project_id = c.project_id AND r.pipeline_id = c.pipeline_id AND r.run_id = c.run_id;

-- Changes that are not deployed as of as_of: commits of a service's repository
-- that were made after the commit that its last deployment brought, those that
-- a rollback took back among them. Only commits that were seen are known, of
-- whatever branch.
CREATE OR REPLACE VIEW dora_undeployed AS
SELECT
    s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.service AS service, s.environment AS environment,
    s.last.2 AS deployed_commit, s.last.1 AS deployed_at,
    c.commit_id AS commit_id, c.title AS title, c.author_name AS author_name, c.committed_at AS committed_at,
    dateDiff('millisecond', c.committed_at, {as_of:DateTime64(3, 'UTC')}) / 1000 AS age_s
FROM commits AS c
INNER JOIN
(
    SELECT tenant, project_id, project, service, environment, codehub_id, (at, commit_id, d.committed_at) AS last
    FROM dora_rows(since = toDateTime64(0, 3, 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    WHERE d.succeeded AND (d.repo_next_at IS NULL OR d.repo_next_at > {as_of:DateTime64(3, 'UTC')})
) AS s ON c.tenant = s.tenant AND c.repository_id = s.codehub_id
WHERE c.committed_at > s.last.3 AND c.committed_at <= {as_of:DateTime64(3, 'UTC')};

-- Every service that the rules know, with its deployment attempts (successful
-- or failed) of the window [from_at, to_at) and what is known of its watching.
-- attempts: (end, whether it failed) of each. observed_since: since when its runs
-- are known: from the beginning of the execution records that were read, or of
-- the pipeline if that is later; without that, since its first attempt.
-- complete: the execution records of its pipelines have been read to their end,
-- no run number is missing, and a good list of the pipelines was seen after the
-- window ended, or within the hour before as_of while it has not ended.
CREATE OR REPLACE VIEW dora_services AS
SELECT
    d.tenant AS tenant,
    d.project_id AS project_id,
    any(d.project) AS project,
    d.service AS service,
    d.environment AS environment,
    arrayFlatten(groupArray(d.attempts)) AS attempts,
    min(least(d.first_at, greatest(ifNull(v.from_at, d.first_at), ifNull(p.created_at, toDateTime64(0, 3, 'UTC'))))) AS observed_since,
    min(v.complete AND c.missing = 0 AND ifNull(g.good_at >= least({to_at:DateTime64(3, 'UTC')}, {as_of:DateTime64(3, 'UTC')}) - INTERVAL 1 HOUR, false)) AS complete
FROM
(
    SELECT k.tenant AS tenant, k.project_id AS project_id, k.service AS service, k.environment AS environment, k.pipeline_id AS pipeline_id, k.project AS project,
        k.first_at AS first_at, a.attempts AS attempts
    FROM
    (
        SELECT *
        FROM judged_pipelines
        WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND first_at < {to_at:DateTime64(3, 'UTC')} AND first_at <= {as_of:DateTime64(3, 'UTC')}
    ) AS k
    LEFT JOIN
    (
        SELECT tenant, project_id, service, environment, pipeline_id, groupArray((at, NOT succeeded)) AS attempts
        FROM dora_rows(since = {from_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
        WHERE at < {to_at:DateTime64(3, 'UTC')}
        GROUP BY tenant, project_id, service, environment, pipeline_id
    ) AS a ON a.tenant = k.tenant AND a.project_id = k.project_id AND a.service = k.service AND a.environment = k.environment AND a.pipeline_id = k.pipeline_id
) AS d
LEFT JOIN (SELECT tenant, project_id, pipeline_id, from_at, complete FROM coverage FINAL) AS v
    ON v.tenant = d.tenant AND v.project_id = d.project_id AND v.pipeline_id = d.pipeline_id
LEFT JOIN (SELECT tenant, project_id, pipeline_id, created_at FROM pipelines FINAL) AS p
    ON p.tenant = d.tenant AND p.project_id = d.project_id AND p.pipeline_id = d.pipeline_id
LEFT JOIN completeness AS c ON c.tenant = d.tenant AND c.project_id = d.project_id AND c.pipeline_id = d.pipeline_id
LEFT JOIN
(
    SELECT tenant, scope, max(polls.finished_at) AS good_at
    FROM polls FINAL
    WHERE poller = 'pipelines' AND last AND complete AND errors = 0
    GROUP BY tenant, scope
) AS g ON g.tenant = d.tenant AND g.scope = d.project_id
GROUP BY tenant, project_id, service, environment;

DROP VIEW IF EXISTS dora_successes;
