-- Incidents of the time range, each with the one deployment that it speaks
-- against, or the reason why there is none: it is then in no change fail rate.
SELECT
    started_at,
    resolved_at,
    tenant,
    incident_id,
    title,
    source,
    severity,
    service,
    environment,
    if(how = '', 'no deployment', how) AS match,
    run_id,
    if(how = '', NULL, deployed_at) AS deployed_at,
    reason
FROM dora_incidents(since = $__fromTime, as_of = {{dash_as_of}})
WHERE started_at < $__toTime
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(service IN (${service:singlequote}), $service)
    AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
ORDER BY started_at DESC, tenant, incident_id
LIMIT 1000
