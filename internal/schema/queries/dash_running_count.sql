-- Runs that are not over, paused and queued ones included.
SELECT count() AS runs
FROM open_runs_as_of(as_of = {{dash_as_of}})
WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
