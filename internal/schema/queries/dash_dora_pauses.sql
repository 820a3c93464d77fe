-- What stands beside the DORA metrics of each service. Active days: days of the zone
-- of the rules with a deployment. Between deployments: from the end of the one before
-- to the end of each deployment of the time range, also if that one was before it.
-- Attempts failed: failed of all n attempts to deploy that ended, with the Wilson
-- interval of 95 %; that is no change fail rate, as it has not reached users.
SELECT
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.active_days AS active_days, d.gap_p50 AS gap_p50, d.gap_p90 AS gap_p90,
    d.attempts AS attempts, d.attempt_fail_ratio AS attempt_fail_ratio,
    concat(toString(round(100 * d.attempt_fail_low)), ' – ', toString(round(100 * d.attempt_fail_high)), ' %') AS attempt_fail_interval
FROM
(
    SELECT *
    FROM dora_tallies(starts = concat(toString(toUnixTimestamp($__fromTime)), '000'), to_at = $__toTime, as_of = {{dash_as_of}}, zone = (SELECT zone FROM deployment_rules_in_force))
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY attempts DESC, service, project, tenant, environment
LIMIT 500
