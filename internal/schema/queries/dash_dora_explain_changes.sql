-- Change lead time, row by row: every change of the time range with the first
-- deployment that had it. counted is in the percentiles; first seen is in those of
-- a service without any commit time; the other states say why a change is not. Its
-- parts add up to it: waits for a run, from the commit, or its first run, to the start of
-- the run that deployed it, and delivery, from there to the end of the deployment. They
-- are as the clocks tell them: of a change with a negative one no median has either.
WITH {{run_page}} AS page
SELECT
    d.finished_at AS finished_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.commit_id AS commit_id,
    d.title AS title,
    d.author_name AS author,
    ifNull(d.committed_at, d.first_seen_at) AS committed_at,
    ifNull(d.seconds, d.seen_s) AS seconds,
    d.wait_s AS wait_s,
    d.delivery_s AS delivery_s,
    d.tier AS tier,
    d.state AS state,
    d.run_number AS run_number,
    d.rule AS rule,
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT *
    FROM {{dash_dora_changes_shipped}}
    ORDER BY finished_at DESC, tenant, project_id, service, committed_at, commit_id
    LIMIT 10000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id) AND u.detail_url != ''
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY finished_at DESC, tenant, project, service, committed_at, commit_id
