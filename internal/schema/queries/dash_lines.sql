-- Whose the numbers of pipelines are (line) of which a run was not over a day
-- before the time range began: the end of a stage may be told later than that of
-- its run. No version of a run says otherwise.
SELECT line, tenant, project_id, pipeline_id
FROM runs_by_day
WHERE (until >= $__fromTime - INTERVAL 1 DAY OR until = toDateTime64(0, 3, 'UTC'))
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
LIMIT 1 BY line
