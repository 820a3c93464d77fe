-- Successful deployments of the time range, judged as of its end or of now.
SELECT d.*
FROM
(
    SELECT *
    FROM dora_deployments(since = $__fromTime, as_of = {{dash_as_of}}) AS j
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
WHERE d.finished_at < $__toTime
