-- What the DORA metrics count, row by row, by the deployment rules in force.
-- Nothing is summed beforehand: every number is computed from these rows at the
-- time of the question (0033_dora_numbers.sql), and they are its evidence.
-- Parameters: since is where the window of the question begins; as_of is the
-- time up to which facts count: what happened later is not known yet.
-- H (attribution_ms) and R (rollback_ms) are those of the rules.

-- Successful deployments from 90 days before the window on, and of each service
-- and repository the last one before that, which stands for all earlier ones: a
-- change may be shipped, taken back and shipped again, and what is shipped
-- again after more than 90 days counts anew. Of that last one only what is
-- compared with is here: when it ended, its commit and its run.
-- prev_commit is the commit that was deployed before from the same repository,
-- '' if none was; committed_at is NULL where CodeArts Repo does not tell it.
CREATE VIEW IF NOT EXISTS dora_successes AS
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
            tenant, project_id, service, environment, codehub_id,
            assumeNotNull(deployments.finished_at) AS at, run_id, position, start_text, stage, commit_id, project, pipeline_id, pipeline, run_number, executor_name, rule, marker
        FROM deployments
        WHERE succeeded AND deployments.finished_at <= {as_of:DateTime64(3, 'UTC')} AND deployments.finished_at > {since:DateTime64(3, 'UTC')} - INTERVAL 90 DAY
        UNION ALL
        SELECT
            tenant, project_id, service, environment, codehub_id,
            last.1, last.2, last.3, last.4, '', last.5, '', '', '', NULL, '', '', ''
        FROM
        (
            SELECT tenant, project_id, service, environment, codehub_id, max((assumeNotNull(deployments.finished_at), run_id, position, start_text, commit_id)) AS last
            FROM deployments
            WHERE succeeded AND deployments.finished_at <= least({as_of:DateTime64(3, 'UTC')}, {since:DateTime64(3, 'UTC')} - INTERVAL 90 DAY)
            GROUP BY tenant, project_id, service, environment, codehub_id
        )
    ) AS s
    ANY LEFT JOIN
    (
        SELECT tenant, repository_id, commit_id, argMax(commit_states.committed_at, ver) AS committed_at
        FROM commit_states
        WHERE found AND commit_id IN
        (
            SELECT commit_id
            FROM deployments
            WHERE succeeded AND deployments.finished_at <= {as_of:DateTime64(3, 'UTC')} AND deployments.finished_at > {since:DateTime64(3, 'UTC')} - INTERVAL 90 DAY
            UNION ALL
            SELECT argMax(commit_id, (deployments.finished_at, run_id, position, start_text))
            FROM deployments
            WHERE succeeded AND deployments.finished_at <= least({as_of:DateTime64(3, 'UTC')}, {since:DateTime64(3, 'UTC')} - INTERVAL 90 DAY)
            GROUP BY tenant, project_id, service, environment, codehub_id
        )
        GROUP BY tenant, repository_id, commit_id
    ) AS c
        ON c.tenant = s.tenant AND c.repository_id = s.codehub_id AND c.commit_id = s.commit_id
)
WINDOW repository AS (PARTITION BY tenant, project_id, service, environment, codehub_id ORDER BY at, run_id, position, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);

-- Successful deployments of the window, judged.
-- incidents: those that the reporter linked to the run, and those of the service
-- and environment, linked to no run, that began after this deployment and
-- before the next one, within H. Of several deployments of one linked run it is
-- the last before the incident. Each is (id, start, end or NULL, how, title).
-- failed: it has an incident; or a deployment within R went back to an older
-- commit; or the next one, within R, is marked as a hotfix or rollback, unless
-- this one is a remedy itself. Of two commits of one repository the older one
-- was committed before, or, while the time of either is not known, deployed
-- before. mature: H is over, so that no incident can come any more by its time.
-- rework: it is marked as a hotfix or rollback or as linked to a bug, or went
-- back to an older commit within R. A link to a bug says that nobody planned the
-- change, not that the deployment before it had the bug.
-- recovery_s: from its end to the end of its last incident; without incidents to
-- the end of the deployment that mended it; NULL while an incident is open, for
-- open_s so far. remedy_s: to whatever mended anything first.
CREATE VIEW IF NOT EXISTS dora_deployments AS
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
                d.next_at AS next_at, d.next_marker AS next_marker, d.next_run_id AS next_run_id,
                rules.3 AS rule_version,
                dateDiff('millisecond', d.at, {as_of:DateTime64(3, 'UTC')}) >= rules.1 AS mature,
                arraySort(i -> (i.2, i.1), arrayConcat(
                    arrayFilter(i -> i.6 IN ('', d.stage) AND i.7 IN ('', d.service) AND i.8 IN ('', d.environment)
                        AND (i.2 >= d.at OR d.run_prev_at IS NULL) AND (d.run_next_at IS NULL OR i.2 < d.run_next_at), l.linked),
                    arrayFilter(i -> i.2 >= d.at AND dateDiff('millisecond', d.at, i.2) < rules.1 AND (d.next_any_at IS NULL OR i.2 < d.next_any_at), w.near))) AS incidents,
                d.rollbacks AS rollbacks,
                d.is_rollback AS is_rollback,
                d.next_marker IN ('hotfix', 'rollback') AND dateDiff('millisecond', d.at, d.next_at) <= rules.2 AS next_mends
            FROM
            (
                SELECT
                    *,
                    lagInFrame(toNullable(at)) OVER before AS prev_at,
                    leadInFrame(toNullable(at)) OVER after AS next_at,
                    leadInFrame(marker) OVER after AS next_marker,
                    leadInFrame(run_id) OVER after AS next_run_id,
                    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, service, environment ORDER BY at, run_id, position, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next_any_at,
                    lagInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, run_id, stage ORDER BY at, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS run_prev_at,
                    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, run_id, stage ORDER BY at, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS run_next_at,
                    has(groupArrayArray(arrayMap(e -> (e.1, e.2), rollbacks)) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id ORDER BY moment RANGE BETWEEN 1 PRECEDING AND CURRENT ROW), (at, run_id)) AS is_rollback
                FROM
                (
                    -- Only what is older than something before it can be a rollback; that is little, so that the arrays are short.
                    SELECT
                        * EXCEPT (older),
                        arrayFilter(e -> (e.1, e.2) > (at, run_id) AND e.3 NOT IN ('', commit_id) AND commit_id != '' AND if(e.5 > 0 AND committed_ms > 0, e.5 < committed_ms, e.4 < first_at),
                            arraySort(groupArrayIf((at, run_id, commit_id, first_at, committed_ms), older) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id ORDER BY moment RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING))) AS rollbacks
                    FROM
                    (
                        SELECT
                            *,
                            first_at < at OR committed_ms > 0 AND committed_ms < max(committed_ms) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id ORDER BY moment) AS older
                        FROM
                        (
                            -- moment counts in units of R, so that the two ranges above are R wide.
                            SELECT
                                *,
                                toUnixTimestamp64Milli(at) / greatest(rules.2, 1) AS moment,
                                ifNull(toUnixTimestamp64Milli(committed_at), 0) AS committed_ms,
                                min(at) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, commit_id) AS first_at
                            FROM dora_successes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
                        )
                    )
                )
                WINDOW
                    before AS (PARTITION BY tenant, project_id, service, environment ORDER BY at, run_id, position, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),
                    after AS (PARTITION BY tenant, project_id, service, environment ORDER BY at, run_id, position, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING)
            ) AS d
            LEFT JOIN
            (
                SELECT tenant, service, environment,
                    groupArray((incident_id, started_at, if(incidents.resolved_at <= {as_of:DateTime64(3, 'UTC')}, incidents.resolved_at, NULL), 'after it', title, '', '', '')) AS near
                FROM incidents
                WHERE deployment_run_id = '' AND started_at >= {since:DateTime64(3, 'UTC')} AND started_at <= {as_of:DateTime64(3, 'UTC')}
                GROUP BY tenant, service, environment
            ) AS w ON w.tenant = d.tenant AND w.service = d.service AND w.environment = d.environment
            LEFT JOIN
            (
                SELECT tenant, deployment_run_id,
                    groupArray((incident_id, started_at, if(incidents.resolved_at <= {as_of:DateTime64(3, 'UTC')}, incidents.resolved_at, NULL), 'linked', title,
                        deployment_stage, toString(service), toString(environment))) AS linked
                FROM incidents
                WHERE deployment_run_id != '' AND started_at <= {as_of:DateTime64(3, 'UTC')}
                GROUP BY tenant, deployment_run_id
            ) AS l ON l.tenant = d.tenant AND l.deployment_run_id = d.run_id
            WHERE d.at >= {since:DateTime64(3, 'UTC')}
        )
    )
);

-- Incidents of the window with the deployment that each is an evidence against,
-- or the reason why there is none.
CREATE VIEW IF NOT EXISTS dora_incidents AS
SELECT
    i.tenant AS tenant, i.incident_id AS incident_id, i.service AS service, i.environment AS environment, i.started_at AS started_at,
    if(i.resolved_at <= {as_of:DateTime64(3, 'UTC')}, i.resolved_at, NULL) AS resolved_at,
    i.title AS title, i.source AS source, i.severity AS severity, i.url AS url, i.deployment_run_id AS linked_run_id,
    d.how AS how,
    d.project_id AS project_id, d.pipeline_id AS pipeline_id, d.run_id AS run_id, d.finished_at AS deployed_at,
    multiIf(how != '', '', linked_run_id != '', 'the linked run deployed nothing of this service since the window began', i.service = '', 'it names no service and no run',
        'no deployment of the service to this environment was the last before it within the attribution window') AS reason
FROM incidents AS i
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, d.finished_at AS finished_at, arrayJoin(d.incidents).1 AS incident_id, arrayJoin(d.incidents).4 AS how
    FROM dora_deployments(since = {since:DateTime64(3, 'UTC')} - INTERVAL 30 DAY, as_of = {as_of:DateTime64(3, 'UTC')}) AS d
) AS d ON d.tenant = i.tenant AND d.incident_id = i.incident_id
WHERE i.started_at >= {since:DateTime64(3, 'UTC')} AND i.started_at <= {as_of:DateTime64(3, 'UTC')};

-- Changes of the window: one row for each commit and service, of the first
-- deployment that had it, and one for each deployment without any commit time.
-- tier A: CodeArts Repo tells the commits between this deployment's and the one
--         before it, and each has its own time
-- tier B: only the deployed commit itself has a time
-- tier C: no commit has one; there is no lead time, only how long the run took
--         from its trigger to the end of the deployment (dora_deliveries)
-- state: counted; baseline, the first deployment, whose changes nobody knows;
-- older, a deployed commit from before the one that it replaces; negative,
-- committed after it was deployed; no time.
CREATE VIEW IF NOT EXISTS dora_changes AS
SELECT
    tenant, project_id, service, environment, codehub_id,
    c.change AS commit_id,
    c.first.1 AS finished_at, c.first.2 AS tier, c.first.3 AS project, c.first.4 AS committed_at, c.first.5 AS title, c.first.6 AS author_name,
    c.first.7 AS pipeline_id, c.first.8 AS pipeline, c.first.9 AS run_id, c.first.10 AS run_number, c.first.11 AS stage, c.first.12 AS rule,
    dateDiff('millisecond', committed_at, finished_at) / 1000 AS seconds,
    multiIf(c.first.13 != '', c.first.13, seconds IS NULL, 'no time', seconds < 0, 'negative', 'counted') AS state,
    if(state = 'counted', seconds, NULL) AS lead_s
FROM
(
    SELECT
        tenant, project_id, service, environment, codehub_id, change,
        min((at, tier, project, committed_at, title, author_name, pipeline_id, pipeline, run_id, run_number, stage, rule,
            multiIf(tier != 'B', '', prev_commit = '', 'baseline', committed_at <= prev_committed_at, 'older', ''))) AS first
    FROM
    (
        SELECT
            s.*,
            k.committed_at AS committed_at, k.title AS title, k.author_name AS author_name,
            multiIf(known, 'A', committed_at IS NOT NULL, 'B', 'C') AS tier
        FROM
        (
            SELECT
                d.* EXCEPT (committed_at),
                r.complete AS known,
                arrayJoin(if(known, r.commit_ids, [d.commit_id])) AS change
            FROM dora_successes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS d
            LEFT JOIN (SELECT * FROM commit_range_states FINAL WHERE found AND complete) AS r
                ON r.tenant = d.tenant AND r.repository_id = d.codehub_id AND r.from_commit = d.prev_commit AND r.to_commit = d.commit_id
        ) AS s
        ANY LEFT JOIN (SELECT tenant, repository_id, commit_id, toNullable(commits.committed_at) AS committed_at, title, author_name FROM commits) AS k
            ON k.tenant = s.tenant AND k.repository_id = s.codehub_id AND k.commit_id = s.change
    )
    GROUP BY tenant, project_id, service, environment, codehub_id, change, if(tier = 'C', (run_id, position, start_text), ('', 0, ''))
) AS c
WHERE finished_at >= {since:DateTime64(3, 'UTC')};

-- Pipeline delivery time of the deployments of tier C: from the trigger of the
-- run to the end of the deployment, retries and waiting included. It knows
-- nothing of commits and is no lead time.
CREATE VIEW IF NOT EXISTS dora_deliveries AS
SELECT c.* EXCEPT (seconds, lead_s, state), r.started_at AS triggered_at, dateDiff('millisecond', triggered_at, c.finished_at) / 1000 AS delivery_s
FROM (SELECT * FROM dora_changes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) WHERE tier = 'C') AS c
LEFT JOIN
(
    SELECT tenant, project_id, pipeline_id, run_id, started_at
    FROM runs FINAL
    PREWHERE (tenant, project_id, pipeline_id, run_id) IN
    (
        SELECT tenant, project_id, pipeline_id, run_id
        FROM deployments
        WHERE succeeded AND deployments.finished_at >= {since:DateTime64(3, 'UTC')} AND deployments.finished_at <= {as_of:DateTime64(3, 'UTC')}
    )
) AS r ON r.tenant = c.tenant AND r.project_id = c.project_id AND r.pipeline_id = c.pipeline_id AND r.run_id = c.run_id;

-- Changes that are not deployed as of as_of: commits of a service's repository
-- that were made after the commit that its last deployment brought, those that
-- a rollback took back among them. Only commits that were seen are known, of
-- whatever branch.
CREATE VIEW IF NOT EXISTS dora_undeployed AS
SELECT
    s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.service AS service, s.environment AS environment,
    s.last.2 AS deployed_commit, s.last.1 AS deployed_at,
    c.commit_id AS commit_id, c.title AS title, c.author_name AS author_name, c.committed_at AS committed_at,
    dateDiff('millisecond', c.committed_at, {as_of:DateTime64(3, 'UTC')}) / 1000 AS age_s
FROM
(
    SELECT tenant, project_id, any(d.project) AS project, service, environment, codehub_id, max((at, commit_id, d.committed_at)) AS last
    FROM dora_successes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    GROUP BY tenant, project_id, service, environment, codehub_id
) AS s
INNER JOIN commits AS c ON c.tenant = s.tenant AND c.repository_id = s.codehub_id
WHERE c.committed_at > s.last.3 AND c.committed_at <= {as_of:DateTime64(3, 'UTC')};
