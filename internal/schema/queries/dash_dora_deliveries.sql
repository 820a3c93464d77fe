-- Pipeline delivery time of deployments without any commit time (tier C): from
-- the trigger of the run to the end of the deployment, with waiting and
-- retries. It knows nothing of the age of the code: it is no lead time.
SELECT
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    count(d.delivery_s) AS n,
    quantileExactInclusive(0.5)(d.delivery_s) AS p50,
    quantileExactInclusive(0.9)(d.delivery_s) AS p90,
    quantileExactInclusive(0.95)(d.delivery_s) AS p95
FROM
(
    SELECT *
    FROM dora_deliveries(since = $__fromTime, as_of = {{dash_as_of}}) AS j
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
WHERE d.finished_at < $__toTime
GROUP BY tenant, project, service, environment
ORDER BY n DESC, service, project, tenant, environment
LIMIT 500
