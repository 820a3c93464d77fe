-- The tables of judged rows, when most of their rows must be superseded: of
-- deployments at most one is in force for each attempt. Nothing while it is being
-- deleted.
SELECT arrayJoin(arrayConcat(
    if(judged > 100000 + 2 * attempts, ['judged_deployments', 'judged_pipelines', 'shipped_changes'], []),
    if(reds > 100000 + 2 * (SELECT count() FROM judged_red_times WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force)), ['judged_red_times', 'judged_flaky_commits'], []))) AS table
FROM
(
    SELECT sumIf(rows, table = 'judged_deployments') AS judged, sumIf(rows, table = 'deployment_attempts') AS attempts, sumIf(rows, table = 'judged_red_times') AS reds
    FROM system.parts
    WHERE database = currentDatabase() AND active
)
WHERE table NOT IN (SELECT table FROM system.mutations WHERE database = currentDatabase() AND NOT is_done)
