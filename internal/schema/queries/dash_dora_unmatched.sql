-- Incidents of the time range, and those of them that speak against no
-- deployment: they began after the attribution window of the last deployment,
-- or their service, environment or run is none that the rules know.
SELECT uniqExact(tenant, incident_id) AS incidents, countIf(how = '') AS unmatched
FROM dora_incidents(since = $__fromTime, as_of = {{dash_as_of}})
WHERE started_at < $__toTime
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(service IN (${service:singlequote}), $service)
    AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
