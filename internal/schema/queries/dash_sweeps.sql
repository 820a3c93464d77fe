-- Complete listings over time, and among them those that listed nothing at
-- all. CodeArts answers an empty list to an account that lost its membership:
-- a list that turns empty is a warning, not a deletion.
SELECT
    $__timeInterval(stored_at) AS time,
    countIf(p.complete AND total > 0) AS complete,
    countIf((p.complete OR held > 0) AND total = 0) AS listed_nothing,
    countIf(errors > 0) AS with_errors
FROM {{dash_polls}} AS p
WHERE last AND $__timeFilter(stored_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (startsWith(scope, '_') OR $__conditionalAll(scope IN (${project:singlequote}), $project))
GROUP BY time
ORDER BY time
