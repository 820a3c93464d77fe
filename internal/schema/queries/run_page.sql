-- The address of a run's page in CodeArts, for queries that name runs (WITH
-- {{run_page}} AS page): what CodeArts says (detail_url), else the form with the
-- run's ids in it.
(detail_url, project_id, pipeline_id, run_id) ->
    if(detail_url != '', detail_url, replaceAll(replaceAll(replaceAll({{dash_codearts_page}}, '{project_id}', project_id), '{pipeline_id}', pipeline_id), '{run_id}', run_id))
