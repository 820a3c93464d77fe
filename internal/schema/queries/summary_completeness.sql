-- Run numbers stored per project, among those between the lowest and the
-- highest number of each pipeline. completeness is NULL without any number.
SELECT
    tenant,
    project_id,
    count() AS pipelines,
    sum(c.stored) AS stored,
    sum(c.missing) AS missing,
    sum(c.unnumbered) AS unnumbered,
    if(sum(c.expected) = 0, NULL, sum(c.stored) / sum(c.expected)) AS completeness
FROM completeness AS c
WHERE tenant = {tenant:String} OR {tenant:String} = ''
GROUP BY tenant, project_id
ORDER BY tenant, project_id
