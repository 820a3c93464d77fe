-- The tables of judged rows, when most of their rows must be superseded: in
-- force is at most one for each attempt. Nothing while it is being deleted.
SELECT arrayJoin(['judged_deployments', 'judged_pipelines', 'shipped_changes']) AS table
FROM
(
    SELECT sumIf(rows, table = 'judged_deployments') AS judged, sumIf(rows, table = 'deployment_attempts') AS attempts
    FROM system.parts
    WHERE database = currentDatabase() AND active
)
WHERE judged > 100000 + 2 * attempts
    AND (SELECT count() FROM system.mutations WHERE database = currentDatabase() AND table IN ('judged_deployments', 'judged_pipelines', 'shipped_changes') AND NOT is_done) = 0
