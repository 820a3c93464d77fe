-- Successful deployments of the time range that were made while a gate of their
-- project was weaker than its baseline. turn is the place of all that was weaker in
-- weaker_since (WITH {{dash_gate_weak_turns}} AS weaker_since): names are many, and
-- looked up of those deployments alone that are shown.
SELECT d.*, g.place AS turn
FROM
(
    SELECT tenant, project_id, pipeline_id, run_id, service, environment, run_number, commit_id, executor_name, at AS finished_at
    FROM dora_rows(since = $__fromTime, as_of = {{dash_as_of}})
    WHERE succeeded
        AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
) AS d
ASOF INNER JOIN
(
    SELECT (weaker_since.1)[place] AS tenant, (weaker_since.2)[place] AS project_id, (weaker_since.3)[place] AS since, (weaker_since.4)[place] AS weaker, place
    FROM (SELECT arrayJoin(arrayEnumerate(weaker_since)) AS place)
) AS g ON g.tenant = d.tenant AND g.project_id = d.project_id AND d.finished_at >= g.since
WHERE g.weaker > 0
