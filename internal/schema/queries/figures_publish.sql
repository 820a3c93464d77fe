-- Publishes the figures of the days [from_at, to_at) that were not published
-- yet, and those that differ from what was published last. A figure that may
-- still change by itself is left out: while a failure of its day is open there
-- is no recovery time; and nothing is published of a service whose runs are not
-- completely known. A figure whose service is gone is published as nothing.
-- Of one that differs it also says which facts that bear on its day were stored
-- since the service was confirmed last (figures_confirm): an attempt bears on the
-- days within the longer of the two windows (window_ms), an incident on those before
-- it within it, what is linked to a run or known of a commit on the day of its
-- deployment. A run that was only seen to go is no such fact. Days before the last 90
-- are not looked at each time: of them it is since the last time that they were.
INSERT INTO published_figures (tenant, project_id, service, environment, metric, day, value, n, rules_version, published_at, rules_before, late_deployments, late_incidents, late_commits)
WITH
    (SELECT min(through_all) FROM confirmed_figures FINAL WHERE (tenant, project_id, service, environment) IN (SELECT tenant, project_id, service, environment FROM judged_pipelines WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force))) AS known,
    toDateTime64(toDateTime(day, {zone:String}), 3, 'UTC') AS day_from,
    toDateTime64(toDateTime(day + 1, {zone:String}), 3, 'UTC') AS day_to,
    if(day >= toDate({to_at:DateTime64(3, 'UTC')}, {zone:String}) - 90, k.through, k.through_all) AS through,
    (facts, kind) -> if(k.confirmed AND p.found, arrayCount(f -> f.1 = kind AND f.2 < day_to AND f.3 >= day_from AND f.5 > through, facts), NULL) AS late
SELECT
    tenant, project_id, service, environment, metric, day,
    if(c.found, c.value, NULL),
    if(c.found, c.n, 0),
    (SELECT version FROM deployment_rules_in_force),
    {as_of:DateTime64(3, 'UTC')},
    if(p.found, k.rules_version, ''),
    late(l.facts, 'deployment'),
    late(l.facts, 'incident'),
    late(l.facts, 'commit')
FROM
(
    SELECT
        tenant, project_id, service, environment, toDate(bucket_from, {zone:String}) AS day,
        f.1 AS metric, f.2 AS value, f.3 AS n, true AS found, complete AND NOT (metric = 'recovery time p50' AND open_failures > 0) AS final
    FROM dora_numbers(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, bucket = 'day', zone = {zone:String})
    ARRAY JOIN
    [
        ('deployments', toNullable(toFloat64(deployments)), toUInt64(deployments)),
        ('lead time p50', lead_p50, toUInt64(changes)),
        ('change fail rate', fail_ratio, toUInt64(mature)),
        ('recovery time p50', recovery_p50, toUInt64(failures)),
        ('rework rate', rework_ratio, toUInt64(deployments))
    ] AS f
) AS c
FULL OUTER JOIN
(
    SELECT tenant, project_id, service, environment, metric, day, argMax((published_figures.value, published_figures.n), published_at) AS last, true AS found
    FROM published_figures
    WHERE day >= toDate({from_at:DateTime64(3, 'UTC')}, {zone:String}) AND day < toDate({to_at:DateTime64(3, 'UTC')}, {zone:String})
    GROUP BY tenant, project_id, service, environment, metric, day
) AS p USING (tenant, project_id, service, environment, metric, day)
LEFT JOIN (SELECT *, true AS confirmed FROM confirmed_figures FINAL) AS k USING (tenant, project_id, service, environment)
LEFT JOIN
(
    SELECT tenant, project_id, service, environment, groupArray(fact) AS facts
    FROM
    (
        SELECT
            d.tenant AS tenant, d.project_id AS project_id, d.service AS service, d.environment AS environment,
            arrayJoin(arrayFilter(f -> f.4, [
                ('deployment', d.at - toIntervalMillisecond({window_ms:Int64}), d.at + toIntervalMillisecond({window_ms:Int64}), d.ver > f.through_all AND (d.tenant, d.ver) NOT IN (SELECT tenant, ver FROM run_states WHERE run_states.ver > known AND op IN ('missing', 'deleted', 'expired')), d.ver),
                ('incident', d.at, d.at, i.ver > f.through_all, i.ver),
                ('commit', d.at, d.at, greatest(s.ver, r.ver) > f.through_all, greatest(s.ver, r.ver))])) AS fact
        FROM
        (
            SELECT tenant, project_id, service, environment, run_id, codehub_id, commit_id, assumeNotNull(finished_at) AS at, ver
            FROM deployments
            WHERE succeeded IS NOT NULL AND finished_at >= {from_at:DateTime64(3, 'UTC')} - toIntervalMillisecond({window_ms:Int64}) AND finished_at < {as_of:DateTime64(3, 'UTC')}
        ) AS d
        INNER JOIN (SELECT * FROM confirmed_figures FINAL) AS f ON f.tenant = d.tenant AND f.project_id = d.project_id AND f.service = d.service AND f.environment = d.environment
        LEFT JOIN (SELECT tenant, deployment_run_id AS run_id, max(incident_states.ver) AS ver FROM incident_states WHERE incident_states.ver > known AND deployment_run_id != '' GROUP BY tenant, run_id) AS i ON i.tenant = d.tenant AND i.run_id = d.run_id
        LEFT JOIN (SELECT tenant, repository_id, commit_id, max(commit_states.ver) AS ver FROM commit_states WHERE commit_states.ver > known GROUP BY tenant, repository_id, commit_id) AS s ON s.tenant = d.tenant AND s.repository_id = d.codehub_id AND s.commit_id = d.commit_id
        LEFT JOIN (SELECT tenant, repository_id, to_commit AS commit_id, max(commit_range_states.ver) AS ver FROM commit_range_states WHERE commit_range_states.ver > known GROUP BY tenant, repository_id, commit_id) AS r ON r.tenant = d.tenant AND r.repository_id = d.codehub_id AND r.commit_id = d.commit_id
        UNION ALL
        SELECT f.tenant, f.project_id, f.service, f.environment, ('incident', i.started_at - toIntervalMillisecond({window_ms:Int64}), i.started_at, true, i.ver)
        FROM (SELECT * FROM incident_states FINAL WHERE deployment_run_id = '') AS i
        INNER JOIN (SELECT * FROM confirmed_figures FINAL) AS f ON f.tenant = i.tenant AND f.service = i.service AND f.environment = i.environment
        WHERE i.ver > f.through_all
    )
    GROUP BY tenant, project_id, service, environment
) AS l USING (tenant, project_id, service, environment)
WHERE multiIf(
    NOT c.found, p.last.2 > 0 OR p.last.1 IS NOT NULL,
    NOT c.final, false,
    NOT p.found, true,
    c.n != p.last.2 OR ifNull(c.value, -1) != ifNull(p.last.1, -1))
