-- Run numbers stored per project, among those between the lowest and the
-- highest number of each pipeline. completeness is NULL without any number.
SELECT
    c.tenant AS tenant,
    any(p.project) AS project,
    count() AS pipelines,
    sum(c.stored) AS stored,
    sum(c.missing) AS missing,
    sum(c.unnumbered) AS unnumbered,
    if(sum(c.expected) = 0, NULL, sum(c.stored) / sum(c.expected)) AS completeness
FROM completeness AS c
INNER JOIN projects AS p ON p.tenant = c.tenant AND p.project_id = c.project_id
WHERE c.tenant = {tenant:String} OR {tenant:String} = ''
GROUP BY c.tenant, c.project_id
ORDER BY tenant, project
