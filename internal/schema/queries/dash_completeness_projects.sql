-- Run numbers stored, among those between the lowest and the highest number of
-- each pipeline, summed per project. Unknown while the execution records of
-- one of its pipelines with runs have not been read to their end. As of a
-- time in the past it is what had been seen by then; how many queued runs there were is
-- not kept.
SELECT
    tenant,
    project,
    count() AS pipelines,
    countIf(history IN ('in part', 'not read')) AS unread,
    if(unread > 0 OR n = 0, NULL, sum(stored) / n) AS completeness,
    sum(expected) AS n,
    if(unread > 0, NULL, sum(missing)) AS missing,
    sum(unnumbered) AS unnumbered
FROM {{dash_completeness_pipelines}} AS c
GROUP BY tenant, project
ORDER BY completeness ASC NULLS FIRST, tenant, project
