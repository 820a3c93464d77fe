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
    SELECT tenant, project_id, pipeline_id, max(started_at) AS last_started_at,
        quantileExactWeightedIf(0.75)(pause_s, toUInt64(pause_s), pause_s > 0) AS usual_s, countIf(pause_s > 0) AS n
    FROM
    (
        SELECT tenant, project_id, pipeline_id, assumeNotNull(started_at) AS started_at,
            dateDiff('second', lagInFrame(started_at, 1, started_at) OVER (PARTITION BY tenant, project_id, pipeline_id ORDER BY started_at, run_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), started_at) AS pause_s,
            max(started_at) OVER (PARTITION BY tenant, project_id, pipeline_id) AS newest
        FROM
        (
            SELECT tenant, project_id, pipeline_id, run_id, assumeNotNull(started_at) AS started_at
            FROM runs FINAL
            WHERE runs.started_at <= {{dash_as_of}}
                AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
                AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        )
    )
    WHERE started_at >= newest - INTERVAL 90 DAY
    GROUP BY tenant, project_id, pipeline_id
    HAVING n >= 5
) AS s
INNER JOIN (SELECT tenant, project_id, pipeline_id, name FROM pipelines FINAL) AS p ON p.tenant = s.tenant AND p.project_id = s.project_id AND p.pipeline_id = s.pipeline_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = s.tenant AND n.project_id = s.project_id
