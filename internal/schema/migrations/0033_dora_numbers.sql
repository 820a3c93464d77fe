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

-- The buckets of the window [from_at, to_at): each day, week or month of it in a
-- zone (bucket = 'day', 'week', 'month'), the whole window (''), or the whole
-- window and the 90 days before it ('before').
CREATE VIEW IF NOT EXISTS dora_buckets AS
WITH
    subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)) AS begin,
    arrayDistinct(arrayFilter(t -> t < {to_at:DateTime64(3, 'UTC')}, arrayMap(t -> greatest(begin, multiIf(
        {bucket:String} = 'day', toDateTime64(toStartOfDay(t, {zone:String}), 3, 'UTC'),
        {bucket:String} = 'week', toDateTime64(toDateTime(toMonday(toStartOfDay(t, {zone:String})), {zone:String}), 3, 'UTC'),
        {bucket:String} = 'month', toDateTime64(toDateTime(toStartOfMonth(toStartOfDay(t, {zone:String})), {zone:String}), 3, 'UTC'),
        {bucket:String} = 'before' AND t >= {from_at:DateTime64(3, 'UTC')}, {from_at:DateTime64(3, 'UTC')},
        begin)), arrayMap(i -> addDays(begin, i), range(toUInt32(greatest(dateDiff('day', begin, {to_at:DateTime64(3, 'UTC')}), 0) + 2)))))) AS starts
SELECT 1 AS one, bound.1 AS bucket_from, bound.2 AS bucket_to
FROM (SELECT arrayJoin(arrayZip(starts, arrayPushBack(arrayPopFront(starts), {to_at:DateTime64(3, 'UTC')}))) AS bound);

-- Deployment frequency of each service and bucket. Every bucket is asked as a
-- window of its own is: by the same formula over the same rows. per_day is NULL
-- where less than a day was watched, and where no deployment is known although
-- there may have been one.
-- _low and _high are the Wilson interval of 95 %.
CREATE VIEW IF NOT EXISTS dora_frequency AS
WITH (k, n, sign) -> if(n = 0, NULL, least(greatest((k / n + 1.920729 / n + sign * 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n), 0), 1)) AS wilson
SELECT
    s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.service AS service, s.environment AS environment,
    b.bucket_from AS bucket_from, b.bucket_to AS bucket_to,
    s.complete AS complete,
    greatest(bucket_from, s.observed_since) AS observed_from,
    greatest(dateDiff('millisecond', observed_from, least(bucket_to, {as_of:DateTime64(3, 'UTC')})), 0) / 86400000 AS observed_days,
    arrayFilter(a -> a.1 >= bucket_from AND a.1 < bucket_to, s.attempts) AS bucket_attempts,
    length(bucket_attempts) AS attempts,
    arrayCount(a -> a.2, bucket_attempts) AS failed_attempts,
    attempts - failed_attempts AS deployments,
    if(observed_days < 0.95 OR deployments = 0 AND NOT complete, NULL, deployments / observed_days) AS per_day,
    length(arrayDistinct(arrayMap(a -> toDate(a.1, {zone:String}), arrayFilter(a -> NOT a.2, bucket_attempts)))) AS active_days,
    if(attempts = 0, NULL, failed_attempts / attempts) AS attempt_fail_ratio,
    wilson(failed_attempts, attempts, -1) AS attempt_fail_low, wilson(failed_attempts, attempts, 1) AS attempt_fail_high
FROM dora_services(from_at = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS s
CROSS JOIN dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS b
WHERE b.bucket_to > s.observed_since;

-- Change lead time of each service and bucket: percentiles over the raw set of
-- its changes; and what is not in them.
CREATE VIEW IF NOT EXISTS dora_lead_times AS
SELECT
    c.tenant AS tenant, c.project_id AS project_id, c.service AS service, c.environment AS environment, b.bucket_from AS bucket_from,
    count(c.lead_s) AS changes,
    toNullable(quantileExactInclusive(0.5)(c.lead_s)) AS lead_p50,
    toNullable(quantileExactInclusive(0.75)(c.lead_s)) AS lead_p75,
    toNullable(quantileExactInclusive(0.9)(c.lead_s)) AS lead_p90,
    toNullable(quantileExactInclusive(0.95)(c.lead_s)) AS lead_p95,
    countIf(c.tier = 'A' AND c.state = 'counted') AS changes_a,
    countIf(c.tier = 'B' AND c.state = 'counted') AS changes_b,
    countIf(c.tier = 'C') AS changes_c,
    countIf(c.state = 'baseline') AS baseline_changes,
    countIf(c.state = 'negative') AS negative_changes,
    countIf(c.tier = 'A' AND c.state = 'no time') AS no_time_changes
FROM (SELECT 1 AS one, * FROM dora_changes(since = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), as_of = {as_of:DateTime64(3, 'UTC')})) AS c
ASOF INNER JOIN dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS b
    ON b.one = c.one AND c.finished_at >= b.bucket_from
WHERE c.finished_at < {to_at:DateTime64(3, 'UTC')}
GROUP BY tenant, project_id, service, environment, bucket_from;

-- Change fail rate, recovery time and rework rate of each service and bucket.
-- _low and _high are the Wilson interval of 95 %. What is not mended yet ranks
-- above all that is: a percentile that falls among such is NULL.
CREATE VIEW IF NOT EXISTS dora_failures AS
WITH
    (k, n, sign) -> if(n = 0, NULL, least(greatest((k / n + 1.920729 / n + sign * 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n), 0), 1)) AS wilson,
    q -> if(q > 1e10, NULL, q) AS reached
SELECT
    tenant, project_id, service, environment, bucket_from,
    deployments - mature AS pending, mature, failed,
    if(mature = 0, NULL, failed / mature) AS fail_ratio, wilson(failed, mature, -1) AS fail_low, wilson(failed, mature, 1) AS fail_high,
    failures, open_failures, oldest_open_s,
    reached(recovery[1]) AS recovery_p50, reached(recovery[2]) AS recovery_p90,
    reached(incident_recovery) AS incident_recovery_p50, reached(remedy) AS first_remedy_p50,
    rework, if(deployments = 0, NULL, rework / deployments) AS rework_ratio, wilson(rework, deployments, -1) AS rework_low, wilson(rework, deployments, 1) AS rework_high,
    gap_p50, gap_p90
FROM
(
    SELECT
        d.tenant AS tenant, d.project_id AS project_id, d.service AS service, d.environment AS environment, b.bucket_from AS bucket_from,
        count() AS deployments,
        countIf(d.mature) AS mature,
        countIf(d.mature AND d.failed) AS failed,
        countIf(d.failed) AS failures,
        countIf(d.open_s IS NOT NULL) AS open_failures,
        max(d.open_s) AS oldest_open_s,
        [quantileExactInclusive(0.5)(if(d.failed, ifNull(d.recovery_s, 1e12), NULL)), quantileExactInclusive(0.9)(if(d.failed, ifNull(d.recovery_s, 1e12), NULL))] AS recovery,
        toNullable(quantileExactInclusive(0.5)(if(notEmpty(d.incidents), ifNull(d.incident_recovery_s, 1e12), NULL))) AS incident_recovery,
        toNullable(quantileExactInclusive(0.5)(if(d.failed, ifNull(d.remedy_s, 1e12), NULL))) AS remedy,
        countIf(d.rework) AS rework,
        toNullable(quantileExactInclusive(0.5)(dateDiff('millisecond', d.prev_at, d.finished_at) / 1000)) AS gap_p50,
        toNullable(quantileExactInclusive(0.9)(dateDiff('millisecond', d.prev_at, d.finished_at) / 1000)) AS gap_p90
    FROM (SELECT 1 AS one, * FROM dora_deployments(since = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), as_of = {as_of:DateTime64(3, 'UTC')})) AS d
    ASOF INNER JOIN dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS b
        ON b.one = d.one AND d.finished_at >= b.bucket_from
    WHERE d.finished_at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY tenant, project_id, service, environment, bucket_from
);

-- All numbers of each service and bucket.
CREATE VIEW IF NOT EXISTS dora_numbers AS
SELECT * EXCEPT (bucket_attempts)
FROM dora_frequency(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS f
LEFT JOIN dora_lead_times(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS c
    USING (tenant, project_id, service, environment, bucket_from)
LEFT JOIN dora_failures(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String}) AS d
    USING (tenant, project_id, service, environment, bucket_from);

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
