-- Successful deployments of the time range that were made while a gate of their
-- project was weaker than its baseline: the code check gate, a rule set or an
-- open-source policy, and the baseline as both were seen last before the deployment
-- ended. Weaker: see Drift. Before a state was seen nothing is known of it, and what
-- a project does not have, or has no longer, is not compared. What came after As of
-- is left out.
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
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url,
    d.n AS n,
    least(n, 5000) AS listed
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT d.*, length(g.weak) AS weaker, arrayStringConcat(arraySort(g.weak), ', ') AS items, count() OVER () AS n
    FROM
    (
        SELECT tenant, project_id, pipeline_id, run_id, service, environment, run_number, commit_id, executor_name, at AS finished_at
        FROM dora_rows(since = $__fromTime, as_of = {{dash_as_of}})
        WHERE succeeded
            AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
            AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
    ) AS d
    ASOF INNER JOIN
    (
        /* All that is weaker in a project, since each time at which that changed. Of two
           baselines of one configuration at a time only the newest is in a stretch. */
        SELECT tenant, project_id, turn, arrayFlatten(arrayMap(s -> s.3, arrayFilter(s -> s.1 <= turn AND turn < s.2, stretches))) AS weak
        FROM
        (
            SELECT tenant, project_id, groupArray((from_at, until, weak)) AS stretches, arrayDistinct(arrayConcat(stretches.1, stretches.2)) AS turns
            FROM
            (
                SELECT
                    tenant, project_id, from_at, until,
                    arrayMap(
                        s -> concat(if(kind = 'gate', '', concat(config_name, ': ')), s.item, if(s.item = '', '', ' '), s.field),
                        arrayFilter(s -> s.effect = 'weaker', compared)) AS weak
                FROM {{dash_gate_compared}}
            )
            WHERE notEmpty(weak)
            GROUP BY tenant, project_id
        )
        ARRAY JOIN turns AS turn
    ) AS g ON g.tenant = d.tenant AND g.project_id = d.project_id AND d.finished_at >= g.turn
    WHERE notEmpty(g.weak)
    ORDER BY finished_at DESC, tenant, project_id, service, environment, run_number
    LIMIT 5000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id)
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY finished_at DESC, tenant, project, service, environment, run_number
