-- Successful deployments of the time range that were made while the code check
-- gate of their project was weaker than the baseline is at the end of it: the
-- state of the gate is the one seen last before the deployment ended. Before
-- the first state was seen nothing is known, and nothing is listed.
WITH {{run_page}} AS page
SELECT
    d.finished_at AS finished_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.run_number AS run_number,
    d.commit_id AS commit_id,
    d.executor_name AS executor,
    d.weaker AS weaker,
    d.items AS items,
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT d.*, g.weaker AS weaker, g.items AS items
    FROM
    (
        SELECT tenant, project_id, pipeline_id, run_id, service, environment, run_number, commit_id, executor_name, at AS finished_at
        FROM dora_rows(since = $__fromTime, as_of = $__toTime)
        WHERE succeeded
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    ) AS d
    ASOF INNER JOIN
    (
        SELECT
            tenant, project_id, observed_at,
            arrayFilter(s -> s.effect = 'weaker', compared) AS weak,
            length(weak) AS weaker,
            arrayStringConcat(arraySort(arrayMap(s -> concat(s.item, ' ', s.field), weak)), ', ') AS items
        FROM {{dash_gate_compared}}
        WHERE kind = 'gate'
    ) AS g ON g.tenant = d.tenant AND g.project_id = d.project_id AND d.finished_at >= g.observed_at
    WHERE g.weaker > 0
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id)
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY finished_at DESC, tenant, project, service
LIMIT 200
