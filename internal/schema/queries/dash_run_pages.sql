-- The pages of runs in CodeArts, where CodeArts says them (detail_url), of runs
-- that were not over when the time range began. Read without FINAL: every
-- version of a run says the same. A query joins them from the left by the number
-- of the run (RIGHT ANY JOIN): of millions of runs those few stay in memory that
-- it has rows of.
SELECT run, detail_url
FROM runs_by_day
WHERE detail_url != '' AND (until >= $__fromTime OR until = toDateTime64(0, 3, 'UTC'))
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
