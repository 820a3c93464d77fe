-- What a deployment is judged by is kept with it whole: its incidents too, and
-- what the rules say of its time. Finding the incidents of each deployment for
-- every question costs more than the question. An incident touches its units:
-- those that any state of it names, and those that the run deployed that any
-- state of it is linked to.

ALTER TABLE judged_deployments
    ADD COLUMN IF NOT EXISTS incidents Array(Tuple(String, DateTime64(3, 'UTC'), Nullable(DateTime64(3, 'UTC')), String, String)),
    ADD COLUMN IF NOT EXISTS matures_at DateTime64(3, 'UTC'),
    ADD COLUMN IF NOT EXISTS next_mends Bool,
    ADD COLUMN IF NOT EXISTS rule_version LowCardinality(String);

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_touches_incidents_mv TO delivery_touches AS
SELECT DISTINCT tenant, incident_id AS source, now64(6, 'UTC') AS touched_at FROM incident_states;

-- The units that a run deployed, whatever the rules were.
CREATE TABLE IF NOT EXISTS delivery_runs
(
    tenant LowCardinality(String),
    run_id String,
    unit   UInt64
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, run_id, unit)
SETTINGS index_granularity = 256;

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_runs_mv TO delivery_runs AS
SELECT DISTINCT tenant, run_id, sipHash64(tenant, service, environment) AS unit
FROM deployment_attempts
WHERE selected;

INSERT INTO delivery_runs
SELECT DISTINCT tenant, run_id, sipHash64(tenant, service, environment)
FROM deployment_attempts
WHERE selected;

-- Sources are in delivery_sources for each unit; those of incidents are worked
-- out, as an incident can be linked to a run that is not known yet.
CREATE OR REPLACE VIEW touched_units AS
SELECT u.unit AS unit, u.touched_at AS touched_at
FROM
(
    SELECT unit, max(t.touched_at) AS touched_at
    FROM
    (
        SELECT unit, tenant, source FROM delivery_sources
        UNION ALL
        SELECT sipHash64(tenant, service, environment) AS unit, tenant, incident_id
        FROM incident_states
        WHERE unit IN (SELECT unit FROM delivery_sources)
        UNION ALL
        SELECT r.unit, r.tenant, i.incident_id
        FROM (SELECT DISTINCT tenant, incident_id, deployment_run_id FROM incident_states WHERE deployment_run_id != '') AS i
        INNER JOIN
        (
            SELECT tenant, run_id, unit
            FROM delivery_runs
            WHERE (tenant, run_id) IN (SELECT tenant, deployment_run_id FROM incident_states WHERE deployment_run_id != '')
        ) AS r ON r.tenant = i.tenant AND r.run_id = i.deployment_run_id
    ) AS s
    LEFT JOIN (SELECT tenant, source, max(delivery_touches.touched_at) AS touched_at FROM delivery_touches GROUP BY tenant, source) AS t
        ON t.tenant = s.tenant AND t.source = s.source
    GROUP BY unit
) AS u
LEFT JOIN judged_in_force AS j ON j.unit = u.unit
WHERE j.judged.1 != (SELECT generation FROM deployment_generation) OR u.touched_at > j.judged.2;

-- What is kept in judged_deployments: judged_deployments_now, and
-- incidents: those that the reporter linked to the run, and those of the service
-- and environment, linked to no run, that began after this deployment and
-- before the next one, within H. Of several deployments of one linked run it is
-- the last before the incident. Each is (id, start, end or NULL, how, title).
-- matures_at: when H is over. next_mends: the next deployment is marked as a
-- hotfix or rollback and came within R.
CREATE VIEW IF NOT EXISTS judged_rows_now AS
SELECT
    d.* EXCEPT (attribution_ms, rollback_ms, version, has_near),
    if(d.succeeded, arrayMap(i -> (i.1, i.2, i.3, i.4, i.5), arraySort(i -> (i.2, i.1), arrayConcat(
        arrayFilter(i -> i.6 IN ('', d.stage) AND i.7 IN ('', d.service) AND i.8 IN ('', d.environment)
            AND (i.2 >= d.at OR d.run_prev_at IS NULL) AND (d.run_next_at IS NULL OR i.2 < d.run_next_at), l.linked),
        arrayFilter(i -> i.2 >= d.at AND dateDiff('millisecond', d.at, i.2) < d.attribution_ms AND (d.next_any_at IS NULL OR i.2 < d.next_any_at), w.near)))), []) AS incidents,
    addMilliseconds(d.at, d.attribution_ms) AS matures_at,
    toBool(d.next_marker IN ('hotfix', 'rollback') AND ifNull(dateDiff('millisecond', d.at, d.next_at) <= d.rollback_ms, false)) AS next_mends,
    d.version AS rule_version
FROM
(
    -- Few have an incident: the arrays of all incidents are joined to those only whose first one comes soon enough.
    SELECT c.*, n.found AND dateDiff('millisecond', c.at, n.started_at) < c.attribution_ms AND (c.next_any_at IS NULL OR n.started_at < c.next_any_at) AS has_near
    FROM
    (
        SELECT k.*, r.attribution_ms AS attribution_ms, r.rollback_ms AS rollback_ms, r.version AS version
        FROM judged_deployments_now(batch = {batch:UInt64}) AS k
        CROSS JOIN deployment_rules_in_force AS r
    ) AS c
    ASOF LEFT JOIN
    (
        SELECT tenant, service, environment, started_at, true AS found
        FROM incidents
        WHERE deployment_run_id = ''
    ) AS n ON n.tenant = c.tenant AND n.service = c.service AND n.environment = c.environment AND n.started_at >= c.at
) AS d
LEFT JOIN
(
    SELECT tenant AS of_tenant, service AS of_service, environment AS of_environment, true AS any_near,
        groupArray((incident_id, started_at, resolved_at, 'after it', title, '', '', '')) AS near
    FROM incidents
    WHERE deployment_run_id = ''
    GROUP BY tenant, service, environment
) AS w ON w.of_tenant = d.tenant AND w.of_service = d.service AND w.of_environment = d.environment AND w.any_near = d.has_near
LEFT JOIN
(
    SELECT tenant AS of_tenant, deployment_run_id,
        groupArray((incident_id, started_at, resolved_at, 'linked', title, deployment_stage, toString(service), toString(environment))) AS linked
    FROM incidents
    WHERE deployment_run_id != ''
    GROUP BY tenant, deployment_run_id
) AS l ON l.of_tenant = d.tenant AND l.deployment_run_id = d.run_id;

-- What was kept before knows no incidents: every unit is judged anew.
TRUNCATE TABLE IF EXISTS judged_units;

-- Successful deployments of the window, judged. What happened after as_of is not
-- known yet: of what is kept only what comes after a deployment depends on that,
-- and is left out here.
-- incidents: those kept that had begun, each with its end if that had come.
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
SELECT
    tenant, project_id, project, service, environment, pipeline_id, pipeline, run_id, run_number, stage, start_text,
    finished_at, prev_at, commit_id, prev_commit, executor_name, marker, rule, rule_version, mature, incidents, rollbacks, is_rollback, reasons, failed,
    arrayConcat(
        arrayMap(i -> trimRight(concat(i.1, ' ', i.5)), incidents),
        arrayMap(e -> concat('back to ', e.3, ' by ', e.2), arraySlice(rollbacks, 1, 1)),
        if(mended_by = '', [], [concat(mended_by, ' by ', next_run_id)])) AS evidence,
    multiIf(marker = 'bug', 'linked to a bug', marker != '', concat('marked as ', marker), is_rollback, 'went back to an older commit', '') AS rework_reason,
    marker != '' OR is_rollback AS rework,
    fromUnixTimestamp64Milli(recovered_ms, 'UTC') AS recovered_at,
    (recovered_ms - toUnixTimestamp64Milli(finished_at)) / 1000 AS recovery_s,
    if(notEmpty(incidents), (recovered_ms - toUnixTimestamp64Milli(incidents[1].2)) / 1000, NULL) AS incident_recovery_s,
    if(failed AND remedy_ms > 0, (remedy_ms - toUnixTimestamp64Milli(finished_at)) / 1000, NULL) AS remedy_s,
    if(failed AND recovered_ms IS NULL, dateDiff('millisecond', finished_at, {as_of:DateTime64(3, 'UTC')}) / 1000, NULL) AS open_s
FROM
(
    SELECT
        *,
        arrayFilter(r -> r != '',
        [
            if(has(incidents.4, 'linked'), 'incident linked to it', ''),
            if(has(incidents.4, 'after it'), 'incident after it', ''),
            if(notEmpty(rollbacks), 'rollback after it', ''),
            if(mended_by = '', '', concat('marked ', mended_by, ' after it'))
        ]) AS reasons,
        notEmpty(incidents) OR notEmpty(rollbacks) OR mended_by != '' AS failed,
        arrayMin(arrayFilter(t -> t > 0, arrayConcat(
            arrayMap(i -> ifNull(toUnixTimestamp64Milli(i.3), 0), incidents),
            arrayMap(e -> toUnixTimestamp64Milli(e.1), rollbacks),
            [if(mended, ifNull(toUnixTimestamp64Milli(next_at), 0), 0)]))) AS remedy_ms,
        multiIf(NOT failed OR arrayExists(i -> isNull(i.3), incidents), NULL, notEmpty(incidents), arrayMax(i -> ifNull(toUnixTimestamp64Milli(i.3), 0), incidents), remedy_ms) AS recovered_ms
    FROM
    (
        SELECT
            tenant, project_id, project, service, environment, pipeline_id, pipeline, run_id, run_number, stage, start_text,
            at AS finished_at, prev_at, commit_id, prev_commit, executor_name, marker, rule, rule_version, is_rollback, next_at, next_run_id,
            {as_of:DateTime64(3, 'UTC')} >= matures_at AS mature,
            arrayMap(i -> (i.1, i.2, if(i.3 <= {as_of:DateTime64(3, 'UTC')}, i.3, NULL), i.4, i.5), arrayFilter(i -> i.2 <= {as_of:DateTime64(3, 'UTC')}, k.incidents)) AS incidents,
            arrayFilter(e -> e.1 <= {as_of:DateTime64(3, 'UTC')}, k.rollbacks) AS rollbacks,
            next_mends AND next_at <= {as_of:DateTime64(3, 'UTC')} AS mended,
            if(mended AND marker NOT IN ('hotfix', 'rollback') AND NOT is_rollback, next_marker, '') AS mended_by
        FROM judged_deployments AS k
        WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND succeeded AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')}
    )
);
