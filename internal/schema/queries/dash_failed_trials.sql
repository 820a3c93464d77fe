-- What was tried (a stage with a commit) and failed at least once, in the time
-- range or the 30 days before it. Read without FINAL: a version that did not fail
-- in the end only makes one more to look at.
SELECT trial
FROM attempts_by_day
WHERE status = 'FAILED' AND trial != 0 AND ended_at > $__fromTime - INTERVAL 30 DAY
    AND $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
    AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
