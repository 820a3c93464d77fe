-- Pipelines that were there as of As of, with the time since they last started a run,
-- and the usual pause between two starts: learned from those of the runs of the 90 days
-- before the last one, at least 5 of them. They are read by day where a start before
-- those 90 days is known, as the first pause begins with it; of other pipelines all are.
WITH {{page_of}} AS page_of,
(
    SELECT groupArray(line)
    FROM
    (
        SELECT line
        FROM runs_by_day FINAL
        WHERE day >= toDate({{dash_as_of}}) - 130 AND started_at <= {{dash_as_of}}
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
            AND $__conditionalAll(line IN {{dash_service_lines}}, $service)
            AND $__conditionalAll(line IN {{dash_service_lines}}, $environment)
        GROUP BY line
        HAVING min(started_at) < max(started_at) - INTERVAL 90 DAY
    )
) AS known
SELECT
    p.tenant AS tenant,
    p.project_id AS project_id,
    p.pipeline_id AS pipeline_id,
    if(n.project = '', p.project_id, n.project) AS project,
    p.pipeline AS pipeline,
    s.last_started_at AS last_started_at,
    dateDiff('second', s.last_started_at, {{dash_as_of}}) AS silent_s,
    s.usual_s AS usual_s,
    silent_s / s.usual_s AS times,
    s.n AS n,
    page_of('pipeline', p.tenant, p.project_id, p.pipeline_id) AS pipeline_url
FROM
(
    SELECT
        line,
        starts[-1] AS last_started_at,
        arrayFilter((pause_s, at) -> pause_s > 0 AND at >= last_started_at - INTERVAL 90 DAY, arrayDifference(arrayMap(at -> toUnixTimestamp(at), starts)), starts) AS pauses,
        arrayReduce('quantileExactWeighted(0.75)', pauses, arrayMap(pause_s -> toUInt64(pause_s), pauses)) AS usual_s,
        length(pauses) AS n
    FROM
    (
        SELECT line, arraySort(groupArray(assumeNotNull(started_at))) AS starts
        FROM runs_begun_since(since = toDate({{dash_as_of}}) - 130)
        WHERE started_at <= {{dash_as_of}} AND line IN (SELECT arrayJoin(known))
        GROUP BY line
        UNION ALL
        SELECT cityHash64(tenant, project_id, pipeline_id), arraySort(groupArray(assumeNotNull(started_at)))
        FROM runs FINAL
        WHERE started_at <= {{dash_as_of}}
            AND (tenant, project_id, pipeline_id) IN (SELECT tenant, project_id, pipeline_id FROM {{dash_pipelines_then}} WHERE line NOT IN (SELECT arrayJoin(known)))
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
            AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
            AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
        GROUP BY tenant, project_id, pipeline_id
    )
    WHERE n >= 5
) AS s
INNER JOIN {{dash_pipelines_then}} AS p ON p.line = s.line
LEFT JOIN {{dash_projects}} AS n ON n.tenant = p.tenant AND n.project_id = p.project_id
