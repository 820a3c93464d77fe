-- As in 0059_dora_tallies.sql, but of a deployment that was mended before it ended the
-- recovery time is 0, not negative: it runs from the end of the deployment, and there
-- was nothing left to recover from. How long the incident went on is in
-- incident_recovery_s.
CREATE OR REPLACE VIEW dora_outcomes AS
SELECT
    *,
    succeeded AND (notEmpty(ends) OR notEmpty(rollback_ms) OR mended_by != '') AS failed,
    succeeded AND (marker != '' OR is_rollback) AS rework,
    if(failed, arrayMin(arrayFilter(t -> t > 0, arrayConcat(ends, rollback_ms, [if(mended, ifNull(toUnixTimestamp64Milli(next_at), 0), 0)]))), 0) AS remedy_ms,
    multiIf(NOT failed OR has(ends, 0), NULL, notEmpty(ends), arrayMax(ends), remedy_ms) AS recovered_ms,
    if(recovered_ms < toUnixTimestamp64Milli(at), 0, recovered_ms - toUnixTimestamp64Milli(at)) / 1000 AS recovery_s,
    if(notEmpty(begun), (recovered_ms - toUnixTimestamp64Milli(begun[1])) / 1000, NULL) AS incident_recovery_s,
    if(remedy_ms > 0, greatest(remedy_ms - toUnixTimestamp64Milli(at), 0) / 1000, NULL) AS remedy_s,
    if(failed AND recovered_ms IS NULL, dateDiff('millisecond', at, {as_of:DateTime64(3, 'UTC')}) / 1000, NULL) AS open_s
FROM
(
    SELECT
        *,
        succeeded AND {as_of:DateTime64(3, 'UTC')} >= matures_at AS mature,
        arrayFilter(start -> start <= {as_of:DateTime64(3, 'UTC')}, judged_deployments.incidents.2) AS begun,
        arrayMap(end -> if(ifNull(end <= {as_of:DateTime64(3, 'UTC')}, false), toUnixTimestamp64Milli(assumeNotNull(end)), 0),
            arrayFilter((end, start) -> start <= {as_of:DateTime64(3, 'UTC')}, judged_deployments.incidents.3, judged_deployments.incidents.2)) AS ends,
        arrayMap(at -> toUnixTimestamp64Milli(at), arrayFilter(at -> at <= {as_of:DateTime64(3, 'UTC')}, judged_deployments.rollbacks.1)) AS rollback_ms,
        next_mends AND ifNull(next_at <= {as_of:DateTime64(3, 'UTC')}, false) AS mended,
        if(mended AND marker NOT IN ('hotfix', 'rollback') AND NOT is_rollback, next_marker, '') AS mended_by
    FROM judged_deployments
    WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')}
);
