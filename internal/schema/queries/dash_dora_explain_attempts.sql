-- Deployment frequency and attempt failure rate, row by row: every attempt of a
-- stage that a deployment rule selects and that ended in the time range. Only
-- successful ones are deployments. A cancelled or skipped attempt is none. rule is the
-- first rule that holds; artery explain RUN shows why.
WITH {{run_page}} AS page, {{page_of}} AS page_of
SELECT
    d.finished_at AS finished_at,
    d.tenant AS tenant,
    if(n.project = '', d.project_id, n.project) AS project,
    d.service AS service,
    d.environment AS environment,
    d.pipeline AS pipeline,
    d.stage AS stage,
    d.run_number AS run_number,
    d.run_id AS run_id,
    d.status AS status,
    multiIf(d.succeeded IS NULL, 'no attempt', d.succeeded, 'deployment', 'failed attempt') AS counted,
    d.rule AS rule,
    (SELECT version FROM deployment_rules_in_force) AS rule_version,
    page(u.detail_url, d.tenant, d.project_id, d.pipeline_id, d.run_id) AS url,
    page_of('pipeline', d.tenant, d.project_id, d.pipeline_id) AS pipeline_url
FROM {{dash_run_pages}} AS u
RIGHT ANY JOIN
(
    SELECT tenant, project_id, pipeline_id, service, environment, pipeline, stage, run_number, run_id, CAST(status, 'String') AS status, succeeded, rule, deployments.finished_at AS finished_at
    FROM deployments
    WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
        AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
        AND $__conditionalAll(service IN (${service:singlequote}), $service)
        AND $__conditionalAll(environment IN (${environment:singlequote}), $environment)
        AND $__timeFilter(deployments.finished_at) AND deployments.finished_at <= {{dash_as_of}}
        AND start_month IN (SELECT start_month FROM deployment_months WHERE $__timeFilter(finished_at))
    ORDER BY finished_at DESC, tenant, project_id, service, run_number
    LIMIT 10000
) AS d
    ON u.run = cityHash64(d.tenant, d.project_id, d.pipeline_id, d.run_id) AND u.detail_url != ''
LEFT JOIN {{dash_projects}} AS n ON n.tenant = d.tenant AND n.project_id = d.project_id
ORDER BY finished_at DESC, tenant, project, service, run_number
