-- Every service that the rules know, with its deployment attempts (successful
-- or failed) of the window [from_at, to_at) and what is known of its watching.
-- attempts: (end, whether it failed) of each. observed_since: since when its runs
-- are known: from the beginning of the execution records that were read, or of
-- the pipeline if that is later; without that, since its first attempt.
-- complete: the execution records of its pipelines have been read to their end,
-- no run number is missing, and a good list of the pipelines was seen after the
-- window ended, or within the hour before as_of while it has not ended.
CREATE VIEW IF NOT EXISTS dora_services AS
SELECT
    d.tenant AS tenant,
    d.project_id AS project_id,
    any(d.project) AS project,
    d.service AS service,
    d.environment AS environment,
    arrayFlatten(groupArray(d.attempts)) AS attempts,
    min(least(d.first_at, greatest(ifNull(v.from_at, d.first_at), ifNull(p.created_at, toDateTime64(0, 3, 'UTC'))))) AS observed_since,
    min(v.complete AND c.missing = 0 AND ifNull(g.good_at >= least({to_at:DateTime64(3, 'UTC')}, {as_of:DateTime64(3, 'UTC')}) - INTERVAL 1 HOUR, false)) AS complete
FROM
(
    SELECT tenant, project_id, service, environment, pipeline_id, any(deployments.project) AS project, min(assumeNotNull(deployments.finished_at)) AS first_at,
        groupArrayIf((assumeNotNull(deployments.finished_at), NOT assumeNotNull(succeeded)), deployments.finished_at >= {from_at:DateTime64(3, 'UTC')}) AS attempts
    FROM deployments
    WHERE succeeded IS NOT NULL AND deployments.finished_at < {to_at:DateTime64(3, 'UTC')} AND deployments.finished_at <= {as_of:DateTime64(3, 'UTC')}
    GROUP BY tenant, project_id, service, environment, pipeline_id
) AS d
LEFT JOIN (SELECT tenant, project_id, pipeline_id, from_at, complete FROM coverage FINAL) AS v
    ON v.tenant = d.tenant AND v.project_id = d.project_id AND v.pipeline_id = d.pipeline_id
LEFT JOIN (SELECT tenant, project_id, pipeline_id, created_at FROM pipelines FINAL) AS p
    ON p.tenant = d.tenant AND p.project_id = d.project_id AND p.pipeline_id = d.pipeline_id
LEFT JOIN completeness AS c ON c.tenant = d.tenant AND c.project_id = d.project_id AND c.pipeline_id = d.pipeline_id
LEFT JOIN
(
    SELECT tenant, scope, max(polls.finished_at) AS good_at
    FROM polls FINAL
    WHERE poller = 'pipelines' AND last AND complete AND errors = 0
    GROUP BY tenant, scope
) AS g ON g.tenant = d.tenant AND g.scope = d.project_id
GROUP BY tenant, project_id, service, environment;

-- The numbers of each service, from from_at up to and without to_at: for the
-- whole window (bucket = '') or for each day, week or month of it in a zone, that
-- of the rules (bucket = 'day', 'week', 'month'). A bucket is asked as a window
-- of its own is: by the same formula over the same rows.
-- Ratios and percentiles of nothing are NULL. _low and _high are the Wilson
-- interval of 95 %.
CREATE VIEW IF NOT EXISTS dora_numbers AS
WITH
    t -> greatest(multiIf(
        {bucket:String} = 'day', toDateTime64(toStartOfDay(t, {zone:String}), 3, 'UTC'),
        {bucket:String} = 'week', toDateTime64(toDateTime(toMonday(toStartOfDay(t, {zone:String})), {zone:String}), 3, 'UTC'),
        {bucket:String} = 'month', toDateTime64(toDateTime(toStartOfMonth(toStartOfDay(t, {zone:String})), {zone:String}), 3, 'UTC'),
        {from_at:DateTime64(3, 'UTC')}), {from_at:DateTime64(3, 'UTC')}) AS bucket_of,
    (k, n) -> if(n = 0, NULL, (k / n + 1.920729 / n - 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n)) AS wilson_low,
    (k, n) -> if(n = 0, NULL, (k / n + 1.920729 / n + 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n)) AS wilson_high,
    arrayFilter(t -> t < {to_at:DateTime64(3, 'UTC')}, arrayDistinct(arrayMap(i -> bucket_of({from_at:DateTime64(3, 'UTC')} + toIntervalDay(i)),
        range(toUInt32(dateDiff('day', {from_at:DateTime64(3, 'UTC')}, {to_at:DateTime64(3, 'UTC')}) + 2))))) AS starts
SELECT
    s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.service AS service, s.environment AS environment,
    s.bucket.1 AS bucket_from, s.bucket.2 AS bucket_to,
    s.complete AS complete,
    greatest(bucket_from, s.observed_since) AS observed_from,
    greatest(dateDiff('millisecond', observed_from, least(bucket_to, {as_of:DateTime64(3, 'UTC')})), 0) / 86400000 AS observed_days,

    d.n AS deployments,
    if(observed_days < 0.95 OR deployments = 0 AND NOT complete, NULL, deployments / observed_days) AS per_day,
    d.active_days AS active_days,
    d.gap_p50 AS gap_p50, d.gap_p90 AS gap_p90,

    arrayCount(a -> a.1 >= bucket_from AND a.1 < bucket_to, s.attempts) AS attempts,
    arrayCount(a -> a.1 >= bucket_from AND a.1 < bucket_to AND a.2, s.attempts) AS failed_attempts,
    if(attempts = 0, NULL, failed_attempts / attempts) AS attempt_fail_ratio,
    wilson_low(failed_attempts, attempts) AS attempt_fail_low, wilson_high(failed_attempts, attempts) AS attempt_fail_high,

    c.n AS changes,
    c.p50 AS lead_p50, c.p75 AS lead_p75, c.p90 AS lead_p90, c.p95 AS lead_p95,
    c.a AS changes_a, c.b AS changes_b, c.c AS changes_c, c.baseline AS baseline_changes, c.negative AS negative_changes, c.no_time AS no_time_changes,

    d.mature AS mature, d.n - d.mature AS pending, d.mature_failed AS failed,
    if(mature = 0, NULL, failed / mature) AS fail_ratio,
    wilson_low(failed, mature) AS fail_low, wilson_high(failed, mature) AS fail_high,

    d.failed AS failures,
    if(d.recovery_p50 > 1e10, NULL, d.recovery_p50) AS recovery_p50, if(d.recovery_p90 > 1e10, NULL, d.recovery_p90) AS recovery_p90,
    if(d.incident_p50 > 1e10, NULL, d.incident_p50) AS incident_recovery_p50, if(d.remedy_p50 > 1e10, NULL, d.remedy_p50) AS first_remedy_p50,
    d.open AS open_failures, d.oldest_open_s AS oldest_open_s,

    d.rework AS rework,
    if(deployments = 0, NULL, rework / deployments) AS rework_ratio,
    wilson_low(rework, deployments) AS rework_low, wilson_high(rework, deployments) AS rework_high
FROM
(
    SELECT *, arrayJoin(arrayZip(starts, arrayPushBack(arrayPopFront(starts), {to_at:DateTime64(3, 'UTC')}))) AS bucket
    FROM dora_services(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
    WHERE bucket.2 > observed_since
) AS s
LEFT JOIN
(
    SELECT
        tenant, project_id, service, environment, bucket_of(dora_deployments.finished_at) AS bucket,
        count() AS n,
        uniqExact(toDate(dora_deployments.finished_at, {zone:String})) AS active_days,
        toNullable(quantileExactInclusive(0.5)(dateDiff('millisecond', prev_at, dora_deployments.finished_at) / 1000)) AS gap_p50,
        toNullable(quantileExactInclusive(0.9)(dateDiff('millisecond', prev_at, dora_deployments.finished_at) / 1000)) AS gap_p90,
        countIf(dora_deployments.mature) AS mature,
        countIf(dora_deployments.mature AND dora_deployments.failed) AS mature_failed,
        countIf(dora_deployments.failed) AS failed,
        countIf(dora_deployments.rework) AS rework,
        countIf(open_s IS NOT NULL) AS open,
        max(open_s) AS oldest_open_s,
        -- What is not mended yet ranks above everything that is.
        toNullable(quantileExactInclusive(0.5)(if(dora_deployments.failed, ifNull(recovery_s, 1e12), NULL))) AS recovery_p50,
        toNullable(quantileExactInclusive(0.9)(if(dora_deployments.failed, ifNull(recovery_s, 1e12), NULL))) AS recovery_p90,
        toNullable(quantileExactInclusive(0.5)(if(notEmpty(incidents), ifNull(incident_recovery_s, 1e12), NULL))) AS incident_p50,
        toNullable(quantileExactInclusive(0.5)(if(dora_deployments.failed, ifNull(remedy_s, 1e12), NULL))) AS remedy_p50
    FROM dora_deployments(since = {from_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
    WHERE dora_deployments.finished_at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY tenant, project_id, service, environment, bucket
) AS d ON d.tenant = s.tenant AND d.project_id = s.project_id AND d.service = s.service AND d.environment = s.environment AND d.bucket = s.bucket.1
LEFT JOIN
(
    SELECT
        tenant, project_id, service, environment, bucket_of(dora_changes.finished_at) AS bucket,
        count(lead_s) AS n,
        toNullable(quantileExactInclusive(0.5)(lead_s)) AS p50,
        toNullable(quantileExactInclusive(0.75)(lead_s)) AS p75,
        toNullable(quantileExactInclusive(0.9)(lead_s)) AS p90,
        toNullable(quantileExactInclusive(0.95)(lead_s)) AS p95,
        countIf(tier = 'A' AND state = 'counted') AS a,
        countIf(tier = 'B' AND state = 'counted') AS b,
        countIf(state = 'baseline') AS baseline,
        countIf(state = 'negative') AS negative,
        countIf(tier = 'C') AS c,
        countIf(tier = 'A' AND state = 'no time') AS no_time
    FROM dora_changes(since = {from_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')})
    WHERE dora_changes.finished_at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY tenant, project_id, service, environment, bucket
) AS c ON c.tenant = s.tenant AND c.project_id = s.project_id AND c.service = s.service AND c.environment = s.environment AND c.bucket = s.bucket.1;

-- Levels of performance, as data with an edition. 2024-monotonic: the clusters
-- of the 2024 DORA report, made monotonic; its change fail rates were not (high
-- 20 %, medium 10 %), and clusters are no thresholds. A value is in the first
-- level, by rank, whose limit it keeps: below is not reached by it, at_most and
-- at_least are. There is no level of the rework rate.
CREATE VIEW IF NOT EXISTS dora_bands AS
SELECT edition, metric, rank, band, below, at_most, at_least
FROM values('edition String, metric String, rank UInt8, band String, below Nullable(Float64), at_most Nullable(Float64), at_least Nullable(Float64)',
    ('2024-monotonic', 'lead time', 1, 'elite', 86400, NULL, NULL),
    ('2024-monotonic', 'lead time', 2, 'high', 604800, NULL, NULL),
    ('2024-monotonic', 'lead time', 3, 'medium', 2592000, NULL, NULL),
    ('2024-monotonic', 'lead time', 4, 'low', NULL, NULL, NULL),
    ('2024-monotonic', 'deployment frequency', 1, 'elite', NULL, NULL, 1),
    ('2024-monotonic', 'deployment frequency', 2, 'high', NULL, NULL, 0.14285714285714285),
    ('2024-monotonic', 'deployment frequency', 3, 'medium', NULL, NULL, 0.03333333333333333),
    ('2024-monotonic', 'deployment frequency', 4, 'low', NULL, NULL, NULL),
    ('2024-monotonic', 'change fail rate', 1, 'elite', NULL, 0.05, NULL),
    ('2024-monotonic', 'change fail rate', 2, 'high', NULL, 0.1, NULL),
    ('2024-monotonic', 'change fail rate', 3, 'medium', NULL, 0.2, NULL),
    ('2024-monotonic', 'change fail rate', 4, 'low', NULL, NULL, NULL),
    ('2024-monotonic', 'recovery time', 1, 'elite', 3600, NULL, NULL),
    ('2024-monotonic', 'recovery time', 2, 'high', 86400, NULL, NULL),
    ('2024-monotonic', 'recovery time', 3, 'medium', 604800, NULL, NULL),
    ('2024-monotonic', 'recovery time', 4, 'low', NULL, NULL, NULL));
