-- The DORA numbers as in 0046_dora_numbers.sql. Percentiles of the same values
-- come from one set of them; polls are read without FINAL, as the newest of equal
-- rows is any of them; and whether a number is missing is asked of the numbers
-- alone, as runs without one are looked for in all of them.

-- The run numbers of each pipeline that are stored, the lowest and the highest.
CREATE VIEW IF NOT EXISTS known_numbers AS
SELECT
    tenant, project_id, pipeline_id,
    sum(bitCount(bits)) AS numbers,
    toNullable(toUInt32(64 * min(block) + arrayMin(bitPositionsToArray(argMin(bits, block))))) AS low,
    toNullable(toUInt32(64 * max(block) + arrayMax(bitPositionsToArray(argMax(bits, block))))) AS high
FROM run_numbers FINAL
GROUP BY tenant, project_id, pipeline_id;

-- As in 0027_run_states.sql.
CREATE OR REPLACE VIEW completeness AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    sum(numbers) AS stored,
    toUInt64(ifNull(max(high) - min(low) + 1, 0)) AS expected,
    expected - stored AS missing,
    if(expected = 0, NULL, stored / expected) AS completeness,
    min(low) AS lowest,
    max(high) AS highest,
    sum(none) AS unnumbered
FROM
(
    SELECT tenant, project_id, pipeline_id, numbers, low, high, toUInt64(0) AS none
    FROM known_numbers
    UNION ALL
    SELECT tenant, project_id, pipeline_id, 0, NULL, NULL, count()
    FROM runs FINAL
    PREWHERE (tenant, project_id, pipeline_id, run_id) IN (SELECT tenant, project_id, pipeline_id, run_id FROM runs WHERE run_number IS NULL)
    WHERE run_number IS NULL
    GROUP BY tenant, project_id, pipeline_id
)
GROUP BY tenant, project_id, pipeline_id;

CREATE OR REPLACE VIEW dora_buckets AS
WITH subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)) AS begin
SELECT arrayMap(t -> toUnixTimestamp64Milli(t), arrayDistinct(arrayFilter(t -> t = begin OR t < {to_at:DateTime64(3, 'UTC')}, arrayMap(t -> greatest(begin, multiIf(
    {bucket:String} = 'day', toDateTime64(toStartOfDay(t, {zone:String}), 3, 'UTC'),
    {bucket:String} = 'week', toDateTime64(toDateTime(toMonday(toStartOfDay(t, {zone:String})), {zone:String}), 3, 'UTC'),
    {bucket:String} = 'month', toDateTime64(toDateTime(toStartOfMonth(toStartOfDay(t, {zone:String})), {zone:String}), 3, 'UTC'),
    {bucket:String} = 'before' AND t >= {from_at:DateTime64(3, 'UTC')}, {from_at:DateTime64(3, 'UTC')},
    begin)), arrayMap(i -> addDays(begin, i), range(toUInt32(greatest(dateDiff('day', begin, {to_at:DateTime64(3, 'UTC')}), 0) + 2))))))) AS bucket_starts,
    arrayZip(bucket_starts, arrayPushBack(arrayPopFront(bucket_starts), toUnixTimestamp64Milli({to_at:DateTime64(3, 'UTC')}))) AS buckets;

CREATE OR REPLACE VIEW dora_services AS
SELECT
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
    SELECT tenant, scope, max(polls.finished_at) AS good_at
    FROM polls
    WHERE poller = 'pipelines' AND last AND complete AND errors = 0
    GROUP BY tenant, scope
) AS g ON g.tenant = d.tenant AND g.scope = d.project_id
GROUP BY tenant, project_id, service, environment;

CREATE OR REPLACE VIEW dora_frequency AS
WITH
    (k, n, sign) -> if(n = 0, NULL, least(greatest((k / n + 1.920729 / n + sign * 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n), 0), 1)) AS wilson,
    (SELECT bucket_starts FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})) AS starts
SELECT
    s.tenant AS tenant, s.project_id AS project_id, s.project AS project, s.service AS service, s.environment AS environment,
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
        tenant, project_id, service, environment,
        roundDown(toUnixTimestamp64Milli(at), arrayPushFront(starts, 0)) AS from_ms,
        count() AS attempts,
        countIf(NOT succeeded) AS failed_attempts,
        uniqExactIf(toDate(at, {zone:String}), succeeded) AS active_days
    FROM dora_rows(since = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), as_of = {as_of:DateTime64(3, 'UTC')})
    WHERE at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY tenant, project_id, service, environment, from_ms
) AS a ON a.tenant = s.tenant AND a.project_id = s.project_id AND a.service = s.service AND a.environment = s.environment AND a.from_ms = s.from_ms
WHERE bucket_to > greatest(bucket_from, s.observed_since);

CREATE OR REPLACE VIEW dora_lead_times AS
WITH
    quantilesExactInclusive(0.5, 0.75, 0.9, 0.95)(c.lead_s) AS leads,
    q -> if(isNaN(q), NULL, q) AS known,
    (SELECT bucket_starts FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})) AS starts
SELECT
    c.tenant AS tenant, c.project_id AS project_id, c.service AS service, c.environment AS environment,
    fromUnixTimestamp64Milli(roundDown(toUnixTimestamp64Milli(c.finished_at), arrayPushFront(starts, 0)), 'UTC') AS bucket_from,
    count(c.lead_s) AS changes,
    known(leads[1]) AS lead_p50,
    known(leads[2]) AS lead_p75,
    known(leads[3]) AS lead_p90,
    known(leads[4]) AS lead_p95,
    countIf(c.tier = 'A' AND c.state = 'counted') AS changes_a,
    countIf(c.tier = 'B' AND c.state = 'counted') AS changes_b,
    countIf(c.tier = 'C') AS changes_c,
    countIf(c.state = 'baseline') AS baseline_changes,
    countIf(c.state = 'negative') AS negative_changes,
    countIf(c.tier = 'A' AND c.state = 'no time') AS no_time_changes
FROM dora_changes(since = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), as_of = {as_of:DateTime64(3, 'UTC')}) AS c
WHERE c.finished_at < {to_at:DateTime64(3, 'UTC')}
GROUP BY tenant, project_id, service, environment, bucket_from;

CREATE OR REPLACE VIEW dora_failures AS
WITH
    (k, n, sign) -> if(n = 0, NULL, least(greatest((k / n + 1.920729 / n + sign * 1.959964 * sqrt(k / n * (1 - k / n) / n + 0.960365 / n / n)) / (1 + 3.841459 / n), 0), 1)) AS wilson,
    q -> if(isNaN(q) OR q > 1e10, NULL, q) AS reached,
    (SELECT bucket_starts FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})) AS starts
SELECT
    tenant, project_id, service, environment, fromUnixTimestamp64Milli(from_ms, 'UTC') AS bucket_from,
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
        tenant, project_id, service, environment,
        roundDown(toUnixTimestamp64Milli(d.finished_at), arrayPushFront(starts, 0)) AS from_ms,
        count() AS deployments,
        countIf(d.mature) AS mature,
        countIf(d.mature AND d.failed) AS failed,
        countIf(d.failed) AS failures,
        countIf(d.open_s IS NOT NULL) AS open_failures,
        max(d.open_s) AS oldest_open_s,
        quantilesExactInclusive(0.5, 0.9)(if(d.failed, ifNull(d.recovery_s, 1e12), NULL)) AS recovery,
        toNullable(quantileExactInclusive(0.5)(if(notEmpty(d.incidents), ifNull(d.incident_recovery_s, 1e12), NULL))) AS incident_recovery,
        toNullable(quantileExactInclusive(0.5)(if(d.failed, ifNull(d.remedy_s, 1e12), NULL))) AS remedy,
        countIf(d.rework) AS rework,
        quantilesExactInclusive(0.5, 0.9)(dateDiff('millisecond', d.prev_at, d.finished_at) / 1000) AS gaps
    FROM dora_deployments(since = subtractDays({from_at:DateTime64(3, 'UTC')}, if({bucket:String} = 'before', 90, 0)), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    WHERE d.finished_at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY tenant, project_id, service, environment, from_ms
);
