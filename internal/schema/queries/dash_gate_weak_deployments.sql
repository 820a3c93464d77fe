-- Successful deployments of the time range that were made while a gate of their
-- project was weaker than its baseline: the code check gate, a rule set or an
-- open-source policy, and the baseline as both were seen last before the deployment
-- ended. Weaker: see Drift. Before a state was seen nothing is known of it, and what
-- a project never had is not compared; what it had and was deleted is weaker (exists).
-- What came after As of is left out.
WITH {{run_page}} AS page, {{page_of}} AS page_of, {{dash_gate_weak_turns}} AS weaker_since
SELECT
    d.finished_at AS finished_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.run_number AS run_number,
    d.commit_id AS commit_id,
    d.executor_name AS executor,
    (weaker_since.4)[d.turn] AS weaker,
    (weaker_since.5)[d.turn] AS items,
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url,
    page_of('gate', d.tenant, d.project_id, '') AS gate_url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT *
    FROM {{dash_gate_weak}}
    ORDER BY finished_at DESC, tenant, project_id, service, environment, run_number
    LIMIT 5000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id) AND u.detail_url != ''
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY finished_at DESC, tenant, project, service, environment, run_number
