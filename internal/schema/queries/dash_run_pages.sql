-- The pages of runs in CodeArts, of runs that were not over when the time range
-- began: '' where CodeArts does not say it. Read without FINAL: every version of a
-- run that says it says the same. A query joins them from the left by the number of
-- the run and asks there for those that are said (RIGHT ANY JOIN … AND u.detail_url
-- != ''): of millions of runs the addresses of those few are read that it has rows of.
SELECT run, detail_url
FROM runs_by_day
WHERE (until >= $__fromTime OR until = toDateTime64(0, 3, 'UTC'))
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
