-- Publishes the figures of the days [from_at, to_at) that were not published
-- yet, and those that differ from what was published last. A figure that may
-- still change by itself is left out: while a failure of its day is open there
-- is no recovery time; and nothing is published of a service whose runs are not
-- completely known. A figure whose service is gone is published as nothing.
-- Of one that differs it also says what came since the service was confirmed last
-- (figures_confirm). Facts that were stored: an attempt bears on the
-- days within the longer of the two windows (window_ms), an incident on those before
-- it within it, what is linked to a run on the day of its deployment, and so is what is
-- known of its commit, of those that it ships and of its range. late_farther counts what
-- bears on all days after it too, by what had been deployed before them: the attempts
-- of the service, with their commits. A run that was only seen to go is no such fact.
-- Names: the new ones of pipelines that ever were of the service; none where the last
-- look did not say which it knew (an earlier program). was_open: it was held
-- back then, as a failure of the day was open. Days before the last 90 are not looked at
-- each time: of them it is since the last time that they were.
INSERT INTO published_figures (tenant, project_id, service, environment, metric, day, value, n, rules_version, published_at, rules_before, late_deployments, late_incidents, late_commits, late_farther, names, was_open)
WITH
    (SELECT (min(through_all), min(batch_all)) FROM confirmed_figures FINAL WHERE (tenant, project_id, service, environment) IN (SELECT tenant, project_id, service, environment FROM judged_pipelines WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force))) AS oldest,
    oldest.1 AS known,
    toDateTime64(toDateTime(day, {zone:String}), 3, 'UTC') AS day_from,
    toDateTime64(toDateTime(day + 1, {zone:String}), 3, 'UTC') AS day_to,
    if(day >= toDate({to_at:DateTime64(3, 'UTC')}, {zone:String}) - 90, (k.through, k.batch), (k.through_all, k.batch_all)) AS through,
    (facts, kind) -> if(k.confirmed AND p.found, arrayCount(f -> f.1 = kind AND f.2 < day_to AND f.3 >= day_from AND f.5 > through.1, facts), NULL) AS late,
    arrayFilter(turn -> through.2 > 0 AND turn.2.1 > through.2, arrayFlatten(arrayMap(life -> arrayZip(arrayPopBack(life), arrayPopFront(life)), k.lives))) AS turns
SELECT
    tenant, project_id, service, environment, metric, day,
    if(c.found, c.value, NULL),
    if(c.found, c.n, 0),
    (SELECT version FROM deployment_rules_in_force),
    {as_of:DateTime64(3, 'UTC')},
    if(p.found, if(p.said_at > k.confirmed_at, p.last.3, k.rules_version), ''),
    late(l.facts, 'deployment'),
    late(l.facts, 'incident'),
    late(l.facts, 'commit'),
    if(k.confirmed AND p.found, arrayCount(f -> f.1 != 'incident' AND f.2 < day_to AND f.5 > through.1, l.facts), NULL),
    if(k.confirmed AND p.found, arrayStringConcat(arraySort(arrayDistinct(arrayFilter(text -> text != '', arrayMap((was, is) -> multiIf(
        was.4 != is.4, concat('pipeline ', was.4, ' is ', is.4),
        was.5 != is.5, concat('project ', was.5, ' is ', is.5),
        was.2 = is.2 AND was.3 != is.3, concat('groups of pipeline ', is.4), ''), turns.1, turns.2)))), ', '), ''),
    p.found AND metric = 'recovery time p50' AND has(k.open_days, day)
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
    SELECT tenant, project_id, service, environment, metric, day, argMax((published_figures.value, published_figures.n, published_figures.rules_version), published_figures.published_at) AS last, max(published_figures.published_at) AS said_at, true AS found
    FROM published_figures
    WHERE day >= toDate({from_at:DateTime64(3, 'UTC')}, {zone:String}) AND day < toDate({to_at:DateTime64(3, 'UTC')}, {zone:String})
    GROUP BY tenant, project_id, service, environment, metric, day
) AS p USING (tenant, project_id, service, environment, metric, day)
LEFT JOIN
(
    SELECT f.*, true AS confirmed, n.lives AS lives
    FROM (SELECT * FROM confirmed_figures FINAL) AS f
    LEFT JOIN
    (
        SELECT s.unit AS unit, groupArray(t.life) AS lives
        FROM (SELECT DISTINCT unit, tenant, source FROM delivery_sources) AS s
        INNER JOIN
        (
            SELECT tenant, pipeline_id, arraySort(groupArray((batch, generation, deployment_terms.terms, pipeline, project))) AS life
            FROM deployment_terms
            WHERE in_force
            GROUP BY tenant, project_id, pipeline_id
            HAVING max(batch) > oldest.2
        ) AS t ON t.tenant = s.tenant AND t.pipeline_id = s.source
        GROUP BY unit
    ) AS n ON n.unit = sipHash64(f.tenant, f.service, f.environment)
) AS k USING (tenant, project_id, service, environment)
LEFT JOIN
(
    SELECT tenant, project_id, service, environment, groupArray(fact) AS facts
    FROM
    (
        SELECT
            d.tenant AS tenant, d.project_id AS project_id, d.service AS service, d.environment AS environment,
            arrayJoin(arrayFilter(f -> f.4, [
                (if(d.succeeded IS NULL, 'attempt', 'deployment'), d.at - toIntervalMillisecond({window_ms:Int64}), d.at + toIntervalMillisecond({window_ms:Int64}), d.ver > f.through_all AND (d.tenant, d.ver) NOT IN (SELECT tenant, ver FROM run_states WHERE run_states.ver > known AND op IN ('missing', 'deleted', 'expired')), d.ver),
                ('incident', d.at, d.at, d.succeeded AND i.ver > f.through_all, i.ver),
                ('commit', d.at, d.at, d.succeeded AND greatest(s.ver, r.ver) > f.through_all, greatest(s.ver, r.ver))])) AS fact
        FROM
        (
            SELECT tenant, project_id, service, environment, run_id, codehub_id, commit_id, succeeded, assumeNotNull(finished_at) AS at, ver
            FROM deployments
            WHERE finished_at >= {from_at:DateTime64(3, 'UTC')} - toIntervalMillisecond({window_ms:Int64}) AND finished_at < {as_of:DateTime64(3, 'UTC')}
        ) AS d
        INNER JOIN (SELECT * FROM confirmed_figures FINAL) AS f ON f.tenant = d.tenant AND f.project_id = d.project_id AND f.service = d.service AND f.environment = d.environment
        LEFT JOIN
        (
            SELECT tenant, run_id, max(ver) AS ver
            FROM (SELECT tenant, arrayJoin(groupUniqArrayIf(deployment_run_id, deployment_run_id != '')) AS run_id, max(incident_states.ver) AS ver FROM incident_states GROUP BY tenant, incident_id HAVING ver > known)
            GROUP BY tenant, run_id
        ) AS i ON i.tenant = d.tenant AND i.run_id = d.run_id
        LEFT JOIN (SELECT tenant, repository_id, commit_id, max(commit_states.ver) AS ver FROM commit_states WHERE commit_states.ver > known GROUP BY tenant, repository_id, commit_id) AS s ON s.tenant = d.tenant AND s.repository_id = d.codehub_id AND s.commit_id = d.commit_id
        LEFT JOIN
        (
            SELECT r.tenant AS tenant, r.repository_id AS repository_id, r.to_commit AS commit_id, max(greatest(r.ver, c.ver)) AS ver
            FROM
            (
                SELECT tenant, repository_id, to_commit, arrayJoin(arrayPushBack(commit_ids, '')) AS shipped, commit_range_states.ver AS ver
                FROM commit_range_states
                WHERE commit_range_states.ver > known OR (tenant, repository_id) IN (SELECT tenant, repository_id FROM commit_states WHERE commit_states.ver > known)
            ) AS r
            LEFT JOIN (SELECT tenant, repository_id, commit_id, commit_states.ver AS ver FROM commit_states WHERE commit_states.ver > known) AS c ON c.tenant = r.tenant AND c.repository_id = r.repository_id AND c.commit_id = r.shipped
            WHERE greatest(r.ver, c.ver) > known
            GROUP BY tenant, repository_id, commit_id
        ) AS r ON r.tenant = d.tenant AND r.repository_id = d.codehub_id AND r.commit_id = d.commit_id
        UNION ALL
        SELECT f.tenant, f.project_id, f.service, f.environment, ('incident', i.started_at - toIntervalMillisecond({window_ms:Int64}), i.started_at, true, i.ver)
        FROM
        (
            SELECT tenant, said.1 AS service, said.2 AS environment, said.3 AS started_at, ver
            FROM (SELECT tenant, arrayJoin(groupUniqArrayIf((service, environment, started_at), deployment_run_id = '')) AS said, max(incident_states.ver) AS ver FROM incident_states GROUP BY tenant, incident_id HAVING ver > known)
        ) AS i
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
