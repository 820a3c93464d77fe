-- Every project that was ever seen, with its newest name. A name that several
-- tenants use is followed by the tenant, one that a tenant uses twice by the id,
-- so that no two projects are one line of a chart.
SELECT
    p.tenant AS tenant,
    p.project_id AS project_id,
    multiIf(
        count() OVER (PARTITION BY p.project) = 1, p.project,
        count() OVER (PARTITION BY p.project, p.tenant) = 1, concat(p.project, ', ', p.tenant),
        concat(p.project, ', ', p.project_id)) AS project
FROM {{dash_projects}} AS p
