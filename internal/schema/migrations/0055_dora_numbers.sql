-- The DORA numbers as in 0050_dora_percentiles.sql and 0054_newest_polls.sql. Rows
-- are counted by unit, the number of a service in an environment, tenant and
-- project; its names are taken of any of its rows.

-- As in 0046_dora_numbers.sql, and each start with its end. Days are those of the
-- zone, looked for at noon, as some have no midnight; counting by 24 hours from a
-- late evening left out a day of 23.
CREATE OR REPLACE VIEW dora_buckets AS
WITH
    subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)) AS begin,
    toStartOfDay(begin, {zone:String}) AS first_day
SELECT arrayMap(t -> toUnixTimestamp64Milli(t), arrayDistinct(arrayFilter(t -> t = begin OR t < {to_at:DateTime64(3, 'UTC')}, arrayMap(t -> greatest(begin, multiIf(
    {bucket:String} = 'day', toDateTime64(t, 3, 'UTC'),
    {bucket:String} = 'week', toDateTime64(toDateTime(toMonday(t), {zone:String}), 3, 'UTC'),
    {bucket:String} = 'month', toDateTime64(toDateTime(toStartOfMonth(t), {zone:String}), 3, 'UTC'),
    {bucket:String} = 'before' AND t >= {from_at:DateTime64(3, 'UTC')}, {from_at:DateTime64(3, 'UTC')},
    begin)), arrayMap(i -> toStartOfDay(addHours(addDays(first_day, i), 12), {zone:String}), range(toUInt32(greatest(dateDiff('day', begin, {to_at:DateTime64(3, 'UTC')}), 0) + 3))))))) AS bucket_starts,
    arrayZip(bucket_starts, arrayPushBack(arrayPopFront(bucket_starts), toUnixTimestamp64Milli({to_at:DateTime64(3, 'UTC')}))) AS buckets;

-- As in 0045_judged_incidents.sql.
CREATE OR REPLACE VIEW dora_deployments AS
SELECT
    unit, tenant, project_id, project, service, environment, pipeline_id, pipeline, run_id, run_number, stage, start_text,
    finished_at, prev_at, commit_id, prev_commit, executor_name, marker, rule, rule_version, mature, incidents, rollbacks, is_rollback, reasons, failed,
    arrayConcat(
        arrayMap(i -> trimRight(concat(i.1, ' ', i.5)), incidents),
        arrayMap(e -> concat('back to ', e.3, ' by ', e.2), arraySlice(rollbacks, 1, 1)),
        if(mended_by = '', [], [concat(mended_by, ' by ', next_run_id)])) AS evidence,
    multiIf(marker = 'bug', 'linked to a bug', marker != '', concat('marked as ', marker), is_rollback, 'went back to an older commit', '') AS rework_reason,
    marker != '' OR is_rollback AS rework,
    fromUnixTimestamp64Milli(recovered_ms, 'UTC') AS recovered_at,
    (recovered_ms - toUnixTimestamp64Milli(finished_at)) / 1000 AS recovery_s,
    if(notEmpty(incidents), (recovered_ms - toUnixTimestamp64Milli(incidents[1].2)) / 1000, NULL) AS incident_recovery_s,
    if(failed AND remedy_ms > 0, (remedy_ms - toUnixTimestamp64Milli(finished_at)) / 1000, NULL) AS remedy_s,
    if(failed AND recovered_ms IS NULL, dateDiff('millisecond', finished_at, {as_of:DateTime64(3, 'UTC')}) / 1000, NULL) AS open_s
FROM
(
    SELECT
        *,
        arrayFilter(r -> r != '',
        [
            if(has(incidents.4, 'linked'), 'incident linked to it', ''),
            if(has(incidents.4, 'after it'), 'incident after it', ''),
            if(notEmpty(rollbacks), 'rollback after it', ''),
            if(mended_by = '', '', concat('marked ', mended_by, ' after it'))
        ]) AS reasons,
        notEmpty(incidents) OR notEmpty(rollbacks) OR mended_by != '' AS failed,
        arrayMin(arrayFilter(t -> t > 0, arrayConcat(
            arrayMap(i -> ifNull(toUnixTimestamp64Milli(i.3), 0), incidents),
            arrayMap(e -> toUnixTimestamp64Milli(e.1), rollbacks),
            [if(mended, ifNull(toUnixTimestamp64Milli(next_at), 0), 0)]))) AS remedy_ms,
        multiIf(NOT failed OR arrayExists(i -> isNull(i.3), incidents), NULL, notEmpty(incidents), arrayMax(i -> ifNull(toUnixTimestamp64Milli(i.3), 0), incidents), remedy_ms) AS recovered_ms
    FROM
    (
        SELECT
            unit, tenant, project_id, project, service, environment, pipeline_id, pipeline, run_id, run_number, stage, start_text,
            at AS finished_at, prev_at, commit_id, prev_commit, executor_name, marker, rule, rule_version, is_rollback, next_at, next_run_id,
            {as_of:DateTime64(3, 'UTC')} >= matures_at AS mature,
            arrayMap(i -> (i.1, i.2, if(i.3 <= {as_of:DateTime64(3, 'UTC')}, i.3, NULL), i.4, i.5), arrayFilter(i -> i.2 <= {as_of:DateTime64(3, 'UTC')}, k.incidents)) AS incidents,
            arrayFilter(e -> e.1 <= {as_of:DateTime64(3, 'UTC')}, k.rollbacks) AS rollbacks,
            next_mends AND next_at <= {as_of:DateTime64(3, 'UTC')} AS mended,
            if(mended AND marker NOT IN ('hotfix', 'rollback') AND NOT is_rollback, next_marker, '') AS mended_by
        FROM judged_deployments AS k
        WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND succeeded AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')}
    )
);

-- As in 0042_dora_rows.sql.
CREATE OR REPLACE VIEW dora_changes AS
SELECT
    unit, tenant, project_id, service, environment, codehub_id, commit_id, at AS finished_at, tier, project, committed_at, title, author_name,
    pipeline_id, pipeline, run_id, run_number, stage, rule,
    dateDiff('millisecond', committed_at, finished_at) / 1000 AS seconds,
    exception,
    exception = '' AND ifNull(seconds >= 0, false) AS counted,
    multiIf(counted, 'counted', exception != '', exception, seconds IS NULL, 'no time', 'negative') AS state,
    if(counted, seconds, NULL) AS lead_s
FROM shipped_changes
WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')};

-- As in 0046_dora_numbers.sql, the views below too.
CREATE OR REPLACE VIEW dora_services AS
SELECT
    d.unit AS unit,
    d.tenant AS tenant,
    d.project_id AS project_id,
    any(d.project) AS project,
    d.service AS service,
    d.environment AS environment,
    min(least(d.first_at, greatest(ifNull(v.from_at, d.first_at), ifNull(p.created_at, toDateTime64(0, 3, 'UTC'))))) AS observed_since,
    min(v.complete AND c.missing = 0 AND ifNull(g.good_at >= least({to_at:DateTime64(3, 'UTC')}, {as_of:DateTime64(3, 'UTC')}) - INTERVAL 1 HOUR, false)) AS complete
FROM
(
    SELECT *
    FROM judged_pipelines
    WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND first_at < {to_at:DateTime64(3, 'UTC')} AND first_at <= {as_of:DateTime64(3, 'UTC')}
) AS d
LEFT JOIN (SELECT tenant, project_id, pipeline_id, from_at, complete FROM coverage FINAL) AS v
    ON v.tenant = d.tenant AND v.project_id = d.project_id AND v.pipeline_id = d.pipeline_id
LEFT JOIN (SELECT tenant, project_id, pipeline_id, created_at FROM pipelines FINAL) AS p
    ON p.tenant = d.tenant AND p.project_id = d.project_id AND p.pipeline_id = d.pipeline_id
LEFT JOIN (SELECT tenant, project_id, pipeline_id, assumeNotNull(high - low) + 1 - numbers AS missing FROM known_numbers) AS c
    ON c.tenant = d.tenant AND c.project_id = d.project_id AND c.pipeline_id = d.pipeline_id
LEFT JOIN
(
    SELECT tenant, scope, newest_polls.finished_at AS good_at
    FROM newest_polls FINAL
    WHERE poller = 'pipelines' AND what = 'complete'
) AS g ON g.tenant = d.tenant AND g.scope = d.project_id
GROUP BY unit, tenant, project_id, service, environment;

CREATE OR REPLACE VIEW dora_frequency AS
WITH
    (k, n, sign) -> if(n = 0, NULL, least(greatest((k / n + 1.920729 / n + sign * 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n), 0), 1)) AS wilson,
    (SELECT bucket_starts FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})) AS starts
SELECT
    s.unit AS unit, s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.service AS service, s.environment AS environment,
    fromUnixTimestamp64Milli(s.from_ms, 'UTC') AS bucket_from, fromUnixTimestamp64Milli(s.to_ms, 'UTC') AS bucket_to,
    s.complete AS complete,
    greatest(bucket_from, s.observed_since) AS observed_from,
    greatest(dateDiff('millisecond', observed_from, least(bucket_to, {as_of:DateTime64(3, 'UTC')})), 0) / 86400000 AS observed_days,
    a.attempts AS attempts,
    a.failed_attempts AS failed_attempts,
    attempts - failed_attempts AS deployments,
    if(observed_days < 0.95 OR deployments = 0 AND NOT complete, NULL, deployments / observed_days) AS per_day,
    a.active_days AS active_days,
    if(attempts = 0, NULL, failed_attempts / attempts) AS attempt_fail_ratio,
    wilson(failed_attempts, attempts, -1) AS attempt_fail_low, wilson(failed_attempts, attempts, 1) AS attempt_fail_high
FROM
(
    SELECT *, arrayJoin((SELECT buckets FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}))) AS bounds, bounds.1 AS from_ms, bounds.2 AS to_ms
    FROM dora_services(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
) AS s
LEFT JOIN
(
    SELECT
        unit, tenant, project_id,
        roundDown(toUnixTimestamp64Milli(at), arrayPushFront(starts, 0)) AS from_ms,
        count() AS attempts,
        countIf(NOT succeeded) AS failed_attempts,
        uniqExactIf(toDate(at, {zone:String}), succeeded) AS active_days
    FROM dora_rows(since = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), as_of = {as_of:DateTime64(3, 'UTC')})
    WHERE at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY unit, tenant, project_id, from_ms
) AS a ON a.unit = s.unit AND a.tenant = s.tenant AND a.project_id = s.project_id AND a.from_ms = s.from_ms
WHERE bucket_to > greatest(bucket_from, s.observed_since);

CREATE OR REPLACE VIEW dora_lead_times AS
WITH
    quantilesExactInclusiveIf(0.5, 0.75, 0.9, 0.95)(assumeNotNull(c.seconds), c.counted) AS leads,
    q -> if(isNaN(q), NULL, q) AS known,
    (SELECT bucket_starts FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})) AS starts
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
FROM dora_changes(since = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), as_of = {as_of:DateTime64(3, 'UTC')}) AS c
WHERE c.finished_at < {to_at:DateTime64(3, 'UTC')}
GROUP BY unit, tenant, project_id, bucket_from;

CREATE OR REPLACE VIEW dora_failures AS
WITH
    (k, n, sign) -> if(n = 0, NULL, least(greatest((k / n + 1.920729 / n + sign * 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n), 0), 1)) AS wilson,
    q -> if(isNaN(q) OR q > 1e10, NULL, q) AS reached,
    (SELECT bucket_starts FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})) AS starts
SELECT
    unit, tenant, project_id, service, environment, fromUnixTimestamp64Milli(from_ms, 'UTC') AS bucket_from,
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
        d.unit AS unit, d.tenant AS tenant, d.project_id AS project_id, any(d.service) AS service, any(d.environment) AS environment, roundDown(toUnixTimestamp64Milli(d.finished_at), arrayPushFront(starts, 0)) AS from_ms,
        count() AS deployments,
        countIf(d.mature) AS mature,
        countIf(d.mature AND d.failed) AS failed,
        countIf(d.failed) AS failures,
        countIf(d.open_s IS NOT NULL) AS open_failures,
        max(d.open_s) AS oldest_open_s,
        quantilesExactInclusiveIf(0.5, 0.9)(ifNull(d.recovery_s, 1e12), d.failed) AS recovery,
        toNullable(quantileExactInclusive(0.5)(if(notEmpty(d.incidents), ifNull(d.incident_recovery_s, 1e12), NULL))) AS incident_recovery,
        toNullable(quantileExactInclusive(0.5)(if(d.failed, ifNull(d.remedy_s, 1e12), NULL))) AS remedy,
        countIf(d.rework) AS rework,
        quantilesExactInclusive(0.5, 0.9)(dateDiff('millisecond', d.prev_at, d.finished_at) / 1000) AS gaps
    FROM dora_deployments(since = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    WHERE d.finished_at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY unit, tenant, project_id, from_ms
);

CREATE OR REPLACE VIEW dora_numbers AS
SELECT
    unit, tenant, project_id, f.service AS service, f.environment AS environment, bucket_from,
    f.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from),
    c.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from),
    d.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from)
FROM dora_frequency(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS f
LEFT JOIN dora_lead_times(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS c
    USING (unit, tenant, project_id, bucket_from)
LEFT JOIN dora_failures(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS d
    USING (unit, tenant, project_id, bucket_from);
