-- Gate settings that were changed in the time range, by what that did to the
-- gate. Weakened: switched off, taken away, or the threshold moved so that more
-- passes. Changed: neither weaker nor stronger can be said, or it is switched off. Listed: of all of them,
-- how many the table of changes has.
SELECT countIf(direction = 'weakened') AS weakened, countIf(direction = 'strengthened') AS strengthened, countIf(direction = 'changed') AS changed, least(count(), 5000) AS listed
FROM gate_changes
WHERE $__timeFilter(changed_at)
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND (project_id = '' OR $__conditionalAll(project_id IN (${project:singlequote}), $project))
