-- Pipelines with the time since they last started a run, and the usual pause
-- between two starts: learned from those of the runs of the 90 days before the
-- last one, at least 5 of them.
SELECT
    s.tenant AS tenant,
    if(n.project = '', s.project_id, n.project) AS project,
    p.name AS pipeline,
    s.last_started_at AS last_started_at,
    dateDiff('second', s.last_started_at, {{dash_as_of}}) AS silent_s,
    s.usual_s AS usual_s,
    silent_s / s.usual_s AS times,
    s.n AS n
FROM
(
    SELECT
        tenant, project_id, pipeline_id,
        starts[-1] AS last_started_at,
        arrayFilter((pause_s, at) -> pause_s > 0 AND at >= last_started_at - INTERVAL 90 DAY, arrayDifference(arrayMap(at -> toUnixTimestamp(at), starts)), starts) AS pauses,
        arrayReduce('quantileExactWeighted(0.75)', pauses, arrayMap(pause_s -> toUInt64(pause_s), pauses)) AS usual_s,
        length(pauses) AS n
    FROM
    (
        SELECT tenant, project_id, pipeline_id, arraySort(groupArray(assumeNotNull(started_at))) AS starts
        FROM runs FINAL
        WHERE started_at <= {{dash_as_of}}
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        GROUP BY tenant, project_id, pipeline_id
        SETTINGS optimize_aggregation_in_order = 1
    )
    WHERE n >= 5
) AS s
INNER JOIN (SELECT tenant, project_id, pipeline_id, name FROM pipelines FINAL) AS p ON p.tenant = s.tenant AND p.project_id = s.project_id AND p.pipeline_id = s.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
