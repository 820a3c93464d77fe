-- Stage attempts of the last days that a rule set reads otherwise than the one
-- in force: what they deploy now, and what they would.
WITH
    before AS
    (
        SELECT tenant, project, pipeline, run_id, position, stage, start_text, status, concat(service, ' to ', environment, if(marker = '', '', concat(' (', marker, ')'))) AS what
        FROM deployments
        WHERE started_at >= now64(3) - toIntervalDay({days:UInt32})
    ),
    after AS
    (
        SELECT tenant, project, pipeline, run_id, position, stage, start_text, status, concat(service, ' to ', environment, if(marker = '', '', concat(' (', marker, ')'))) AS what
        FROM deployments_by(rules = {rules:String}, run = '')
        WHERE started_at >= now64(3) - toIntervalDay({days:UInt32})
    )
SELECT
    tenant,
    project,
    pipeline,
    stage,
    if(was = '', 'no deployment', was) AS in_force,
    if(becomes = '', 'no deployment', becomes) AS would_be,
    count() AS n,
    countIf(status = 'COMPLETED') AS succeeded
FROM
(
    SELECT tenant, project, pipeline, run_id, position, stage, start_text, any(status) AS status, max(was) AS was, max(becomes) AS becomes
    FROM
    (
        SELECT *, what AS was, '' AS becomes FROM before
        UNION ALL
        SELECT *, '' AS was, what AS becomes FROM after
    )
    GROUP BY tenant, project, pipeline, run_id, position, stage, start_text
)
WHERE was != becomes
GROUP BY tenant, project, pipeline, stage, in_force, would_be
ORDER BY tenant, project, pipeline, stage, in_force, would_be
