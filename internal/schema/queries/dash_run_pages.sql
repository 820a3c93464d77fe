-- The page of every run in CodeArts: where CodeArts says it is (detail_url), else
-- by the form of such addresses.
SELECT
    tenant,
    project_id,
    pipeline_id,
    run_id,
    ended_at,
    if(detail_url != '', detail_url, replaceAll(replaceAll(replaceAll({{dash_codearts_page}}, '{project_id}', project_id), '{pipeline_id}', pipeline_id), '{run_id}', run_id)) AS url
FROM runs FINAL
