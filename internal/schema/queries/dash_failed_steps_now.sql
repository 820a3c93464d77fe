-- The failed steps of the last failure of the stages that are red now (the 100 that
-- failed last), with what CodeArts says of each (its message, else that of its job) and the last 10
-- lines of its log, or in brackets why there is none. A stage without a step here
-- has none that failed, or its run's details have not been fetched yet.
WITH {{run_page}} AS page, {{page_of}} AS page_of,
(
    SELECT groupArray((CAST(tenant, 'String'), CAST(project_id, 'String'), CAST(pipeline_id, 'String'), run_id, CAST(pipeline, 'String'), run_number, position, CAST(stage, 'String'), ended_at))
    FROM
    (
        SELECT *
        FROM failed_stages_as_of(as_of = {{dash_as_of}})
        WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
            AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $service)
            AND $__conditionalAll(cityHash64(tenant, project_id, pipeline_id) IN {{dash_service_lines}}, $environment)
        ORDER BY ended_at DESC
        LIMIT 100 WITH TIES
    )
) AS named
SELECT
    f.tenant AS tenant,
    if(n.project = '', f.project_id, n.project) AS project,
    f.pipeline AS pipeline,
    f.run_number AS run_number,
    f.stage AS stage,
    s.job AS job,
    s.step AS step,
    s.message AS message,
    multiIf(s.log IS NOT NULL, arrayStringConcat(arraySlice(splitByChar('\n', assumeNotNull(s.log)), -10), '\n'), s.log_state = '', '', concat('(', s.log_state, ')')) AS log_end,
    f.ended_at AS ended_at,
    page(u.detail_url, f.tenant, f.project_id, f.pipeline_id, f.run_id) AS url,
    page_of('pipeline', f.tenant, f.project_id, f.pipeline_id) AS pipeline_url
FROM
(
    SELECT r.1 AS tenant, r.2 AS project_id, r.3 AS pipeline_id, r.4 AS run_id, r.5 AS pipeline, r.6 AS run_number, r.7 AS position, r.8 AS stage, r.9 AS ended_at
    FROM (SELECT arrayJoin(named) AS r)
) AS f
LEFT JOIN
(
    SELECT *
    FROM failed_steps
    WHERE run_id IN (SELECT arrayJoin(named).4) AND (tenant, project_id, pipeline_id, run_id) IN (SELECT r.1, r.2, r.3, r.4 FROM (SELECT arrayJoin(named) AS r))
    SETTINGS optimize_move_to_prewhere_if_final = 1
) AS s ON s.tenant = f.tenant AND s.project_id = f.project_id AND s.pipeline_id = f.pipeline_id AND s.run_id = f.run_id AND s.stage_position = f.position
LEFT ANY JOIN {{dash_named_run_pages}} AS u ON u.tenant = f.tenant AND u.project_id = f.project_id AND u.pipeline_id = f.pipeline_id AND u.run_id = f.run_id
LEFT JOIN {{dash_projects}} AS n ON n.tenant = f.tenant AND n.project_id = f.project_id
ORDER BY f.ended_at DESC, tenant, project, pipeline, f.position, job, step
LIMIT 200
