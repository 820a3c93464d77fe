-- Lead time where no commit time is known: since a commit was first seen in a run.

-- When the first run of each commit began. commit: tenant, repository and commit as one number.
CREATE TABLE IF NOT EXISTS commit_sightings
(
    commit  UInt64,
    seen_at SimpleAggregateFunction(min, DateTime64(3, 'UTC')),
    ver     SimpleAggregateFunction(max, UInt64)
)
ENGINE = AggregatingMergeTree
ORDER BY commit
SETTINGS index_granularity = 1024;

CREATE MATERIALIZED VIEW IF NOT EXISTS commit_sightings_mv TO commit_sightings AS
WITH JSONExtract(body, 'Tuple(start_time Int64, build_params Tuple(commit_id String, codehub_id String))') AS b
SELECT
    cityHash64(tenant, b.build_params.codehub_id, b.build_params.commit_id) AS commit,
    fromUnixTimestamp64Milli(b.start_time, 'UTC') AS seen_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM run_events
WHERE kind = 'run' AND b.start_time > 0 AND b.build_params.commit_id != '';

INSERT INTO commit_sightings
WITH JSONExtract(body, 'Tuple(start_time Int64, build_params Tuple(commit_id String, codehub_id String))') AS b
SELECT
    cityHash64(tenant, b.build_params.codehub_id, b.build_params.commit_id) AS commit,
    min(fromUnixTimestamp64Milli(b.start_time, 'UTC')) AS seen_at,
    max(bitShiftLeft(toUInt64(epoch), 48) + seq) AS ver
FROM events
WHERE kind = 'run' AND b.start_time > 0 AND b.build_params.commit_id != ''
GROUP BY commit;

-- As in 0041_judged_deployments.sql, but of deployments without a commit time those
-- are told that bring nothing new: the first of a service, and those of a commit
-- that was deployed before.
CREATE OR REPLACE VIEW shipped_changes_now AS
WITH sources AS (SELECT tenant, source FROM delivery_sources WHERE unit IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64}))
SELECT
    unit, tenant, project_id, service, environment, codehub_id, change AS commit_id, at, tier, project, changed_at AS committed_at, title, author_name,
    pipeline_id, pipeline, run_id, run_number, stage, rule,
    multiIf(
        tier = 'B' AND prev_commit = '' OR tier = 'C' AND row_number() OVER repository = 1, 'baseline',
        tier = 'B' AND changed_at <= prev_committed_at, 'older',
        tier = 'C' AND change != '' AND row_number() OVER commit > 1, 'repeated',
        '') AS exception
FROM
(
    SELECT
        s.*,
        k.committed_at AS changed_at, k.title AS title, k.author_name AS author_name,
        multiIf(known, 'A', changed_at IS NOT NULL, 'B', 'C') AS tier
    FROM
    (
        SELECT
            d.*,
            r.complete AS known,
            arrayJoin(if(known, r.commit_ids, [d.commit_id])) AS change
        FROM (SELECT * FROM unit_attempts(batch = {batch:UInt64}) WHERE succeeded) AS d
        LEFT JOIN (SELECT * FROM commit_range_states FINAL WHERE found AND complete AND (tenant, repository_id) IN (sources)) AS r
            ON r.tenant = d.tenant AND r.repository_id = d.codehub_id AND r.from_commit = d.prev_commit AND r.to_commit = d.commit_id
    ) AS s
    ANY LEFT JOIN (SELECT tenant, repository_id, commit_id, toNullable(commits.committed_at) AS committed_at, title, author_name FROM commits WHERE (tenant, repository_id) IN (sources)) AS k
        ON k.tenant = s.tenant AND k.repository_id = s.codehub_id AND k.commit_id = s.change
)
WINDOW
    repository AS (PARTITION BY tenant, project_id, service, environment, codehub_id ORDER BY at, run_id, position, start_text),
    commit AS (PARTITION BY tenant, project_id, service, environment, codehub_id, change ORDER BY at, run_id, position, start_text)
ORDER BY at, tier, run_id, position, start_text
LIMIT 1 BY tenant, project_id, service, environment, codehub_id, change, if(tier = 'C', (run_id, position, start_text), ('', 0, ''));

-- commit is, of changes whose age is that of their first run, the commit as in
-- commit_sightings, else 0.
ALTER TABLE shipped_changes
    ADD COLUMN IF NOT EXISTS commit UInt64 MATERIALIZED if(tier = 'C' AND exception = '' AND commit_id != '', cityHash64(tenant, codehub_id, commit_id), 0),
    ADD INDEX IF NOT EXISTS commit_minmax commit TYPE minmax GRANULARITY 1;

-- What was kept is judged anew.
INSERT INTO deployment_rebuilds
SELECT greatest(now64(3, 'UTC'), max(at) + INTERVAL 1 MILLISECOND) FROM deployment_rebuilds
HAVING (SELECT count() FROM shipped_changes) > 0;

-- As in 0055_dora_numbers.sql, and how long before the deployment a commit of tier C
-- was first seen: at least as old it was.
CREATE OR REPLACE VIEW dora_changes AS
SELECT
    unit, tenant, project_id, service, environment, codehub_id, commit_id, at AS finished_at, tier, project, committed_at, title, author_name,
    pipeline_id, pipeline, run_id, run_number, stage, rule,
    dateDiff('millisecond', committed_at, finished_at) / 1000 AS seconds,
    exception,
    exception = '' AND ifNull(seconds >= 0, false) AS counted,
    multiIf(counted, 'counted', exception != '', exception, seen_s IS NOT NULL, 'first seen', seconds IS NULL, 'no time', 'negative') AS state,
    if(counted, seconds, NULL) AS lead_s,
    first_seen_at,
    if(first_seen_at <= finished_at, dateDiff('millisecond', first_seen_at, finished_at) / 1000, NULL) AS seen_s
FROM
(
    SELECT c.*, f.first_seen_at AS first_seen_at
    FROM
    (
        SELECT *, commit
        FROM shipped_changes
        WHERE (unit, batch) IN (SELECT unit, batch FROM judged_in_force) AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')}
    ) AS c
    LEFT ANY JOIN
    (
        SELECT commit, toNullable(min(commit_sightings.seen_at)) AS first_seen_at
        FROM commit_sightings
        WHERE commit IN
        (
            SELECT commit
            FROM shipped_changes
            WHERE commit > 0 AND at >= {since:DateTime64(3, 'UTC')} AND at <= {as_of:DateTime64(3, 'UTC')}
        )
        GROUP BY commit
    ) AS f ON f.commit = c.commit
);

-- As in 0059_dora_tallies.sql, with four percentiles of the recovery time.
CREATE OR REPLACE VIEW dora_tallies AS
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
    reached(recovery[1]) AS recovery_p50, reached(recovery[2]) AS recovery_p75, reached(recovery[3]) AS recovery_p90, reached(recovery[4]) AS recovery_p95,
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
        quantilesExactInclusiveIf(0.5, 0.75, 0.9, 0.95)(ifNull(d.recovery_s, 1e12), d.failed) AS recovery,
        quantileExactInclusiveIf(0.5)(ifNull(d.incident_recovery_s, 1e12), d.succeeded AND notEmpty(d.begun)) AS incident_recovery,
        quantileExactInclusiveIf(0.5)(ifNull(d.remedy_s, 1e12), d.failed) AS remedy,
        countIf(d.rework) AS rework,
        quantilesExactInclusiveIf(0.5, 0.9)(assumeNotNull(dateDiff('millisecond', d.prev_at, d.at)) / 1000, d.succeeded AND d.prev_at IS NOT NULL) AS gaps
    FROM dora_outcomes(since = fromUnixTimestamp64Milli(toInt64OrZero(splitByChar(',', {starts:String})[1]), 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS d
    WHERE d.at < {to_at:DateTime64(3, 'UTC')}
    GROUP BY unit, tenant, project_id, from_ms
);

-- As in 0059_dora_tallies.sql.
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

-- As in 0059_dora_tallies.sql, and the ages of commits that were seen in runs only.
CREATE OR REPLACE VIEW dora_lead_times AS
WITH
    quantilesExactInclusiveIf(0.5, 0.75, 0.9, 0.95)(assumeNotNull(c.seconds), c.counted) AS leads,
    quantilesExactInclusiveIf(0.5, 0.75, 0.9, 0.95)(assumeNotNull(c.seen_s), c.seen_s IS NOT NULL) AS ages,
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
    countIf(c.seen_s IS NOT NULL) AS changes_seen,
    known(ages[1]) AS seen_p50,
    known(ages[2]) AS seen_p75,
    known(ages[3]) AS seen_p90,
    known(ages[4]) AS seen_p95,
    countIf(c.exception = 'baseline') AS baseline_changes,
    countIf(c.exception = '' AND c.seconds < 0) AS negative_changes,
    countIf(c.tier = 'A' AND c.exception = '' AND c.seconds IS NULL) AS no_time_changes
FROM dora_changes(since = fromUnixTimestamp64Milli(toInt64OrZero(splitByChar(',', {starts:String})[1]), 'UTC'), as_of = {as_of:DateTime64(3, 'UTC')}) AS c
WHERE c.finished_at < {to_at:DateTime64(3, 'UTC')}
GROUP BY unit, tenant, project_id, bucket_from;

-- As in 0059_dora_tallies.sql.
CREATE OR REPLACE VIEW dora_numbers AS
SELECT
    unit, tenant, project_id, f.service AS service, f.environment AS environment, bucket_from,
    f.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from),
    c.* EXCEPT (unit, tenant, project_id, service, environment, bucket_from)
FROM dora_frequency(starts = (SELECT arrayStringConcat(bucket_starts, ',') FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}, zone = {zone:String}) AS f
LEFT JOIN dora_lead_times(starts = (SELECT arrayStringConcat(bucket_starts, ',') FROM dora_buckets(from_at = {from_at:DateTime64(3, 'UTC')}, to_at = {to_at:DateTime64(3, 'UTC')}, bucket = {bucket:String}, zone = {zone:String})), to_at = {to_at:DateTime64(3, 'UTC')}, as_of = {as_of:DateTime64(3, 'UTC')}) AS c
    USING (unit, tenant, project_id, bucket_from);
