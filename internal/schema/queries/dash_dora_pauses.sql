-- What stands beside the DORA metrics of each service of which an attempt to deploy
-- ended. Per week: deployments in seven days of those since it is watched. Active
-- days: days of the zone of the rules with a deployment, and their share of those
-- days. Both are unknown, not zero, where runs may be missing. Between deployments:
-- from the end of the one before to the end of each deployment of the time range, also
-- if that one was before it. Attempts failed: failed of all n attempts to deploy that
-- ended, with the Wilson interval of 95 %; that is no change fail rate, as it has not
-- reached users. Next success: from the end of a failed attempt to that of the next
-- deployment; one that none followed ranks above all. Of failed deployments: the age
-- of the oldest open one, recovery time from the start of the first incident of those
-- with an incident, and time to whatever mended anything first.
SELECT
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    7 * d.per_day AS per_week,
    if(d.deployments = 0 AND NOT d.complete, NULL, d.active_days) AS active_days,
    active_days / (dateDiff('day', d.observed_from, least(d.bucket_to, {{dash_as_of}}) - INTERVAL 1 MILLISECOND, (SELECT zone FROM deployment_rules_in_force)) + 1) AS active_share,
    d.gap_p50 AS gap_p50, d.gap_p90 AS gap_p90,
    d.attempts AS attempts, d.attempt_fail_ratio AS attempt_fail_ratio,
    concat(toString(round(100 * d.attempt_fail_low)), ' – ', toString(round(100 * d.attempt_fail_high)), ' %') AS attempt_fail_interval,
    if(s.success_p50 < 1e10, s.success_p50, NULL) AS success_p50,
    d.oldest_open_s AS oldest_open_s, d.incident_recovery_p50 AS incident_recovery_p50, d.first_remedy_p50 AS first_remedy_p50
FROM
(
    SELECT *
    FROM dora_frequency(starts = concat(toString(toUnixTimestamp($__fromTime)), '000'), to_at = $__toTime, as_of = {{dash_as_of}}, zone = (SELECT zone FROM deployment_rules_in_force))
    WHERE attempts > 0
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
LEFT JOIN
(
    SELECT unit, tenant, project_id,
        arraySort(groupArray((toUnixTimestamp64Milli(at), NOT succeeded))) AS ended,
        arrayMap((e, next) -> if(next.2, 1e12, (next.1 - e.1) / 1000), ended, arrayReverseFill(e -> NOT e.2, ended)) AS waits,
        arrayReduce('quantileExactInclusive(0.5)', arrayFilter((wait, e) -> e.2, waits, ended)) AS success_p50
    FROM dora_rows(since = $__fromTime, as_of = {{dash_as_of}}) AS j
    WHERE at < $__toTime
    GROUP BY unit, tenant, project_id
) AS s ON s.unit = d.unit AND s.tenant = d.tenant AND s.project_id = d.project_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY attempts DESC, service, project, tenant, environment
LIMIT 500
