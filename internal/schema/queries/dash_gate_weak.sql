-- Successful deployments of the time range that were made while a gate of their
-- project was weaker than its baseline, with all that was weaker.
SELECT d.*, length(g.weak) AS weaker, arrayStringConcat(arraySort(g.weak), ', ') AS items
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
