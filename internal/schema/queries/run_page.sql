-- The address of a run's page in CodeArts, for queries that name runs (WITH
-- {{run_page}} AS page): what CodeArts says (detail_url), else the form with the
-- run's ids in it: that of the variable CodeArts page, else that of the tenant in
-- the configuration (pages, run), else that of the international console.
(detail_url, tenant, project_id, pipeline_id, run_id) ->
    if(detail_url != '', detail_url, replaceAll(replaceAll(replaceAll(replaceAll(
        coalesce(nullIf(nullIf(${codearts:singlequote}, 'not set'), ''), nullIf((SELECT pages FROM settings_in_force)[tenant]['run'], ''),
            'https://devcloud.huaweicloud.com/cicd/project/{project_id}/pipeline/detail/{pipeline_id}/{run_id}'),
        '{tenant}', tenant), '{project_id}', project_id), '{pipeline_id}', pipeline_id), '{run_id}', run_id))
