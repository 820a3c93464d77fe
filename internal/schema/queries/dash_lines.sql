-- Whose the numbers of pipelines are (line) of which a run was not over when the
-- time range began. No version of a run says otherwise.
SELECT line, tenant, project_id, pipeline_id
FROM runs_by_day
WHERE (until >= $__fromTime OR until = toDateTime64(0, 3, 'UTC'))
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
LIMIT 1 BY line
