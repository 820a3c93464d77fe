-- The DORA numbers as in 0055_dora_numbers.sql, with one look at the attempts of a
-- range instead of two, and of each no more than is counted.

-- Attempts of deployments with what had become of each at as_of. Texts of incidents
-- and rollbacks are read only by who asks for them: the rest needs their times.
-- ends: when each incident that had begun was over (ms), 0 if it was not.
CREATE VIEW IF NOT EXISTS dora_outcomes AS
SELECT
    *,
    succeeded AND (notEmpty(ends) OR notEmpty(rollback_ms) OR mended_by != '') AS failed,
    succeeded AND (marker != '' OR is_rollback) AS rework,
    if(failed, arrayMin(arrayFilter(t -> t > 0, arrayConcat(ends, rollback_ms, [if(mended, ifNull(toUnixTimestamp64Milli(next_at), 0), 0)]))), 0) AS remedy_ms,
    multiIf(NOT failed OR has(ends, 0), NULL, notEmpty(ends), arrayMax(ends), remedy_ms) AS recovered_ms,
    (recovered_ms - toUnixTimestamp64Milli(at)) / 1000 AS recovery_s,
    if(notEmpty(begun), (recovered_ms - toUnixTimestamp64Milli(begun[1])) / 1000, NULL) AS incident_recovery_s,
    if(remedy_ms > 0, (remedy_ms - toUnixTimestamp64Milli(at)) / 1000, NULL) AS remedy_s,
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

-- As in 0055_dora_numbers.sql.
CREATE OR REPLACE VIEW dora_deployments AS
SELECT
    unit, tenant, project_id, project, service, environment, pipeline_id, pipeline, run_id, run_number, stage, start_text,
    at AS finished_at, prev_at, commit_id, prev_commit, executor_name, marker, rule, rule_version, mature, known_incidents AS incidents, known_rollbacks AS rollbacks, is_rollback,
    arrayFilter(r -> r != '',
    [
        if(has(known_incidents.4, 'linked'), 'incident linked to it', ''),
        if(has(known_incidents.4, 'after it'), 'incident after it', ''),
        if(notEmpty(known_rollbacks), 'rollback after it', ''),
        if(mended_by = '', '', concat('marked ', mended_by, ' after it'))
    ]) AS reasons,
    failed,
    arrayConcat(
        arrayMap(i -> trimRight(concat(i.1, ' ', i.5)), known_incidents),
        arrayMap(e -> concat('back to ', e.3, ' by ', e.2), arraySlice(known_rollbacks, 1, 1)),
        if(mended_by = '', [], [concat(mended_by, ' by ', next_run_id)])) AS evidence,
    multiIf(marker = 'bug', 'linked to a bug', marker != '', concat('marked as ', marker), is_rollback, 'went back to an older commit', '') AS rework_reason,
    rework,
    fromUnixTimestamp64Milli(recovered_ms, 'UTC') AS recovered_at,
    recovery_s,
    incident_recovery_s,
    remedy_s,
    open_s
FROM
(
    SELECT
        *,
        arrayMap(i -> (i.1, i.2, if(i.3 <= {as_of:DateTime64(3, 'UTC')}, i.3, NULL), i.4, i.5), arrayFilter(i -> i.2 <= {as_of:DateTime64(3, 'UTC')}, incidents)) AS known_incidents,
        arrayFilter(e -> e.1 <= {as_of:DateTime64(3, 'UTC')}, rollbacks) AS known_rollbacks
    FROM dora_outcomes(since = {since:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
    WHERE succeeded
);

-- What is counted of the attempts of each service and bucket in which one ended.
-- starts: when each bucket begins, the earliest first, in milliseconds since 1970 and
-- joined by commas; the last one ends with to_at. It is a text, as a view can not be
-- given an array by a subquery, and read with OrZero, as ClickHouse gives an empty one
-- while it looks for the columns of a view.
CREATE VIEW IF NOT EXISTS dora_tallies AS
WITH
    (k, n, sign) -> if(n = 0, NULL, least(greatest((k / n + 1.920729 / n + sign * 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n), 0), 1)) AS wilson,
    q -> if(isNaN(q) OR q > 1e10, NULL, q) AS reached,
    arrayMap(t -> toInt64OrZero(t), splitByChar(',', {starts:String})) AS starts
SELECT
    unit, tenant, project_id, service, environment, fromUnixTimestamp64Milli(from_ms, 'UTC') AS bucket_from,
    attempts, failed_attempts, attempts - failed_attempts AS deployments, active_days,
    if(attempts = 0, NULL, failed_attempts / attempts) AS attempt_fail_ratio, wilson(failed_attempts, attempts, -1) AS attempt_fail_low, wilson(failed_attempts, attempts, 1) AS attempt_fail_high,
    deployments - mature AS pending, mature, failed,
    if(mature = 0, NULL, failed / mature) AS fail_ratio, wilson(failed, mature, -1) AS fail_low, wilson(failed, mature, 1) AS fail_high,
    failures, open_failures, oldest_open_s,
    reached(recovery[1]) AS recovery_p50, reached(recovery[2]) AS recovery_p90,
    reached(incident_recovery) AS incident_recovery_p50, reached(remedy) AS first_remedy_p50,
    rework, if(deployments = 0, NULL, rework / deployments) AS rework_ratio, wilson(rework, deployments, -1) AS rework_low, wilson(rework, deployments, 1) AS rework_high,
    reached(gaps[1]) AS gap_p50, reached(gaps[2]) AS gap_p90
FROM
(
    SELECT
        d.unit AS unit, d.tenant AS tenant, d.project_id AS project_id, any(d.service) AS service, any(d.environment) AS environment,
        roundDown(toUnixTimestamp64Milli(d.at), arrayPushFront(starts, 0)) AS from_ms,
        count() AS attempts,
        countIf(NOT d.succeeded) AS failed_attempts,
        uniqExactIf(toDate(d.at, {zone:String}), d.succeeded) AS active_days,
        countIf(d.mature) AS mature,
        countIf(d.mature AND d.failed) AS failed,
        countIf(d.failed) AS failures,
        countIf(d.open_s IS NOT NULL) AS open_failures,
        max(d.open_s) AS oldest_open_s,
        quantilesExactInclusiveIf(0.5, 0.9)(ifNull(d.recovery_s, 1e12), d.failed) AS recovery,
        quantileExactInclusiveIf(0.5)(ifNull(d.incident_recovery_s, 1e12), d.succeeded AND notEmpty(d.begun)) AS incident_recovery,
        quantileExactInclusiveIf(0.5)(ifNull(d.remedy_s, 1e12), d.failed) AS remedy,
        countIf(d.rework) AS rework,
        quantilesExactInclusiveIf(0.5, 0.9)(assumeNotNull(dateDiff('millisecond', d.prev_at, d.at)) / 1000, d.succeeded AND d.prev_at IS NOT NULL) AS gaps
    FROM dora_outcomes(since = fromUnixTimestamp64Milli(toInt64OrZero(splitByChar(',', {starts:String})[1]), 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    WHERE d.at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY unit, tenant, project_id, from_ms
);

-- As in 0055_dora_numbers.sql, with all that is counted of the bucket.
CREATE OR REPLACE VIEW dora_frequency AS
WITH arrayMap(t -> toInt64OrZero(t), splitByChar(',', {starts:String})) AS starts
SELECT
    s.unit AS unit, s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.service AS service, s.environment AS environment,
    s.bucket_from AS bucket_from, s.bucket_to AS bucket_to,
    s.complete AS complete,
    greatest(bucket_from, s.observed_since) AS observed_from,
    greatest(dateDiff('millisecond', observed_from, least(bucket_to, {as_of:DateTime64(3, 'UTC')})), 0) / 86400000 AS observed_days,
    if(observed_days < 0.95 OR deployments = 0 AND NOT complete, NULL, deployments / observed_days) AS per_day,
    a.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from)
FROM
(
    SELECT
        *,
        arrayJoin(arrayZip(starts, arrayPushBack(arrayPopFront(starts), toUnixTimestamp64Milli({to_at:DateTime64(3, 'UTC')})))) AS bounds,
        fromUnixTimestamp64Milli(bounds.1, 'UTC') AS bucket_from, fromUnixTimestamp64Milli(bounds.2, 'UTC') AS bucket_to
    FROM dora_services(from_at = fromUnixTimestamp64Milli(toInt64OrZero(splitByChar(',', {starts:String})[1]), 'UTC'), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
) AS s
LEFT JOIN dora_tallies(starts = {starts:String}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, zone = {zone:String}) AS a
    ON a.unit = s.unit AND a.tenant = s.tenant AND a.project_id = s.project_id AND a.bucket_from = s.bucket_from
WHERE bucket_to > observed_from;

-- As in 0055_dora_numbers.sql.
CREATE OR REPLACE VIEW dora_lead_times AS
WITH
    quantilesExactInclusiveIf(0.5, 0.75, 0.9, 0.95)(assumeNotNull(c.seconds), c.counted) AS leads,
    q -> if(isNaN(q), NULL, q) AS known,
    arrayMap(t -> toInt64OrZero(t), splitByChar(',', {starts:String})) AS starts
SELECT
    c.unit AS unit, c.tenant AS tenant, c.project_id AS project_id, any(c.service) AS service, any(c.environment) AS environment,
    fromUnixTimestamp64Milli(roundDown(toUnixTimestamp64Milli(c.finished_at), arrayPushFront(starts, 0)), 'UTC') AS bucket_from,
    countIf(c.counted) AS changes,
    known(leads[1]) AS lead_p50,
    known(leads[2]) AS lead_p75,
    known(leads[3]) AS lead_p90,
    known(leads[4]) AS lead_p95,
    countIf(c.tier = 'A' AND c.counted) AS changes_a,
    countIf(c.tier = 'B' AND c.counted) AS changes_b,
    countIf(c.tier = 'C') AS changes_c,
    countIf(c.exception = 'baseline') AS baseline_changes,
    countIf(c.exception = '' AND c.seconds < 0) AS negative_changes,
    countIf(c.tier = 'A' AND c.exception = '' AND c.seconds IS NULL) AS no_time_changes
FROM dora_changes(since = fromUnixTimestamp64Milli(toInt64OrZero(splitByChar(',', {starts:String})[1]), 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS c
WHERE c.finished_at < {to_at:DateTime64(3, 'UTC')}
GROUP BY unit, tenant, project_id, bucket_from;

CREATE OR REPLACE VIEW dora_numbers AS
SELECT
    unit, tenant, project_id, f.service AS service, f.environment AS environment, bucket_from,
    f.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from),
    c.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from)
FROM dora_frequency(starts = (SELECT arrayStringConcat(bucket_starts, ',') FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, zone = {zone:String}) AS f
LEFT JOIN dora_lead_times(starts = (SELECT arrayStringConcat(bucket_starts, ',') FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS c
    USING (unit, tenant, project_id, bucket_from);

DROP VIEW IF EXISTS dora_failures;
