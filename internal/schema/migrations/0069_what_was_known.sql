-- What was known at a time that is over: which run numbers, how far the execution
-- records of a pipeline had been read, by which schedule a poller ran; and why a figure
-- that was published then came out differently.

-- When each number of a block was seen first, by its place in it (second, UTC): the
-- least of all states that a run had with that number.
ALTER TABLE run_numbers ADD COLUMN IF NOT EXISTS seen SimpleAggregateFunction(minMap, Tuple(Array(UInt8), Array(UInt32))) AFTER bits;

ALTER TABLE run_numbers_mv MODIFY QUERY
SELECT
    tenant,
    scope AS project_id,
    b.pipeline_id AS pipeline_id,
    intDiv(b.run_number, 64) AS block,
    bitShiftLeft(toUInt64(1), b.run_number % 64) AS bits,
    ([toUInt8(b.run_number % 64)], [toUnixTimestamp(observed_at)]) AS seen,
    ver
FROM
(
    SELECT tenant, scope, observed_at, JSONExtract(body, 'Tuple(pipeline_id String, run_number UInt32)') AS b, bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM run_events
    WHERE kind = 'run'
)
WHERE b.run_number > 0;

-- Run numbers of a pipeline that were stored at a time, as the view completeness says
-- it of now.
CREATE VIEW IF NOT EXISTS completeness_as_of AS
SELECT
    tenant,
    project_id,
    pipeline_id,
    sum(length(places)) AS stored,
    toUInt64(max(64 * block + arrayMax(places)) - min(64 * block + arrayMin(places)) + 1) AS expected,
    expected - stored AS missing,
    stored / expected AS completeness
FROM
(
    SELECT tenant, project_id, pipeline_id, toInt64(run_numbers.block) AS block, arrayFilter((place, at) -> at <= toUnixTimestamp({as_of:DateTime64(3, 'UTC')}), seen.1, seen.2) AS places
    FROM run_numbers FINAL
)
WHERE notEmpty(places)
GROUP BY tenant, project_id, pipeline_id;

-- Every state of what is in coverage. line is the pipeline as a number, as in runs_by_day.
CREATE TABLE IF NOT EXISTS coverage_states
(
    line        UInt64,
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    pipeline_id LowCardinality(String),
    from_at     Nullable(DateTime64(3, 'UTC')),
    to_at       Nullable(DateTime64(3, 'UTC')),
    total       Int64,
    complete    Bool,
    gone        Bool,
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (line, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS coverage_states_mv TO coverage_states AS
WITH JSONExtract(body, 'Tuple(from Int64, to Int64, total Int64, complete Bool)') AS b
SELECT
    cityHash64(tenant, project_id, pipeline_id) AS line,
    tenant,
    scope AS project_id,
    id AS pipeline_id,
    fromUnixTimestamp64Milli(nullIf(b.from, 0), 'UTC') AS from_at,
    fromUnixTimestamp64Milli(nullIf(b.to, 0), 'UTC') AS to_at,
    b.total AS total,
    b.complete AS complete,
    op IN ('deleted', 'expired') AS gone,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'coverage';

-- How often a poller ran by the configuration of then, as each of its records says:
-- seconds between two ticks of its schedule. NULL: it has no ticks, or a collector of
-- before wrote the record. The newest was in a table of its own (0037).
ALTER TABLE polls ADD COLUMN IF NOT EXISTS every_s Nullable(Float64) AFTER version;

ALTER TABLE polls_mv MODIFY QUERY
WITH JSONExtract(body, 'Tuple(
    poller String,
    poll_id String,
    prev_poll_seq UInt64,
    part UInt32,
    last Bool,
    n UInt32,
    complete Bool,
    total Int64,
    pages UInt32,
    calls UInt32,
    errors UInt32,
    held UInt32,
    confirmed Bool,
    kinds Array(String),
    started_at String,
    finished_at String,
    api_date String,
    version String,
    every_s Float64)') AS b
SELECT
    tenant,
    scope,
    b.poller AS poller,
    epoch,
    seq,
    stored_at,
    b.poll_id AS poll_id,
    b.prev_poll_seq AS prev_poll_seq,
    b.part AS part,
    b.last AS last,
    b.n AS events,
    b.complete AS complete,
    b.total AS total,
    b.pages AS pages,
    b.calls AS calls,
    b.errors AS errors,
    b.held AS held,
    b.confirmed AS confirmed,
    b.kinds AS kinds,
    parseDateTime64BestEffortOrNull(b.started_at, 3, 'UTC') AS started_at,
    parseDateTime64BestEffortOrNull(b.finished_at, 3, 'UTC') AS finished_at,
    parseDateTime64BestEffortOrNull(b.api_date, 3, 'UTC') AS api_at,
    b.version AS version,
    nullIf(b.every_s, 0) AS every_s,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM events
WHERE kind = 'poll';

ALTER TABLE newest_polls ADD COLUMN IF NOT EXISTS every_s Nullable(Float64) AFTER held;

ALTER TABLE newest_polls_mv MODIFY QUERY
SELECT
    tenant, scope, poller,
    arrayJoin(arrayFilter(w -> w != '', ['record', if(last, 'round', ''), if(last AND errors = 0 AND held = 0, 'good', ''), if(last AND complete AND errors = 0, 'complete', '')])) AS what,
    kinds, finished_at, total, errors, held, every_s, observed_at, stored_at, ver
FROM polls;

INSERT INTO newest_polls
SELECT n.* REPLACE (e.every_s AS every_s)
FROM (SELECT * FROM newest_polls FINAL WHERE what = 'round') AS n
INNER JOIN
(
    SELECT tenant, scope, bitShiftLeft(toUInt64(epoch), 48) + seq AS ver, nullIf(JSONExtractFloat(any(body), 'every_s'), 0) AS every_s
    FROM events
    WHERE kind = 'poll' AND (tenant, scope, epoch, seq) IN (SELECT tenant, scope, intDiv(newest_polls.ver, 281474976710656), newest_polls.ver % 281474976710656 FROM newest_polls WHERE what = 'round')
    GROUP BY tenant, scope, ver
) AS e ON e.tenant = n.tenant AND e.scope = n.scope AND e.ver = n.ver;

DROP VIEW IF EXISTS poller_schedules_mv;

DROP TABLE IF EXISTS poller_schedules;

-- As in 0054_newest_polls.sql.
CREATE OR REPLACE VIEW freshness AS
SELECT
    tenant,
    scope,
    poller,
    anyIf(p.kinds, what = 'round') AS kinds,
    anyIf(p.every_s, what = 'round') AS every_s,
    maxIf(p.finished_at, what = 'round') AS last_poll_at,
    maxIf(p.finished_at, what = 'good') AS last_good_poll_at,
    maxIf(p.finished_at, what = 'complete') AS last_complete_at,
    anyIf(toNullable(p.total), what = 'complete') AS last_complete_total,
    anyIf(p.errors, what = 'round') AS last_errors,
    anyIf(p.held, what = 'round') AS last_held,
    maxIf(p.ver, what = 'round') AS ver
FROM newest_polls AS p FINAL
WHERE what != 'record'
GROUP BY tenant, scope, poller;

-- batch: up to which batch of names and rules (deployment_terms) a look knew them.
-- open_days: those whose recovery time was held back then.
ALTER TABLE confirmed_figures
    ADD COLUMN IF NOT EXISTS batch UInt64,
    ADD COLUMN IF NOT EXISTS batch_all UInt64,
    ADD COLUMN IF NOT EXISTS open_days Array(Date);

-- What else came since the last look before (figures_publish). NULL: nobody looked, or
-- an earlier program.
ALTER TABLE published_figures
    ADD COLUMN IF NOT EXISTS late_farther Nullable(UInt64),
    ADD COLUMN IF NOT EXISTS names String,
    ADD COLUMN IF NOT EXISTS was_open Bool;

-- How many deployments of the last 400 days a change of rules reads differently, by
-- service: added, removed, moved here or moved away (from or to another service or
-- environment), marked (otherwise: as a hotfix, rollback or bug). A ledger: the
-- attempts by rules of before are not kept.
CREATE TABLE IF NOT EXISTS reread_deployments
(
    tenant         LowCardinality(String),
    project_id     LowCardinality(String),
    service        String,
    environment    LowCardinality(String),
    version_before LowCardinality(String),
    version        LowCardinality(String),
    change         LowCardinality(String),
    n              UInt64,
    reread_at      DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree(reread_at)
ORDER BY (tenant, project_id, service, environment, version_before, version, change);

-- As in 0065_restated_figures.sql. Each cause that is known is named. Names: a pipeline
-- of the service, its project or one of its groups has another one. Was open: the figure
-- was held back while a failure of its day was open, and what came meanwhile is in it. What
-- was stored of what came before the day alone (late_farther) may be the cause, or
-- another that is known: "or late data". Other data: none of all; a table was rebuilt that had lacked rows.
-- reread: how many deployments of the service the rules read differently.
CREATE OR REPLACE VIEW restatements AS
WITH
    text -> arrayMap((r, i) -> (if(JSONExtractString(r, 'name') = '', concat('#', toString(i)), JSONExtractString(r, 'name')), r), JSONExtractArrayRaw(text, 'rules'), arrayEnumerate(JSONExtractArrayRaw(text, 'rules'))) AS rules_of,
    (word, names) -> if(empty(names), '', concat(word, ' ', arrayStringConcat(names, ', '))) AS listed,
    (
        SELECT mapFromArrays(groupArray(version), groupArray(rules))
        FROM (SELECT version, any(rules) AS rules FROM (SELECT version, rules FROM deployment_rule_sets UNION ALL SELECT version, rules FROM built_in_deployment_rules) GROUP BY version)
    ) AS texts
SELECT
    f.tenant AS tenant, f.project_id AS project_id, f.service AS service, f.environment AS environment, metric, day,
    before.2 AS value_before, before.3 AS n_before, before.4 AS published_before,
    value, n, published_at AS restated_at,
    late_deployments + if(was_open, 0, late_incidents) + late_commits AS late,
    arrayFilter(c -> c != '', [if(other_rules, 'rules', ''), if(late > 0, 'late data', ''), if(names != '', 'names', ''), if(was_open, 'was open', '')]) AS causes,
    multiIf(
        late IS NULL, if(other_rules, 'rules or late data', 'late data'),
        notEmpty(causes), concat(arrayStringConcat(causes, ' and '), if(late = 0 AND late_farther > 0, ' or late data', '')),
        late_farther > 0, 'late data',
        late_farther IS NULL, 'names or other data',
        'other data') AS reason,
    known_rules AS rules_before, f.rules_version AS rules_version, late_deployments, late_incidents, late_commits, late_farther, names,
    if(NOT other_rules OR texts[known_rules] = '' OR texts[CAST(rules_version, 'String')] = '', '', arrayStringConcat(arrayFilter(t -> t != '', [
        listed('added', arrayMap(r -> r.1, arrayFilter(r -> NOT has(old.1, r.1), new))),
        listed('removed', arrayMap(r -> r.1, arrayFilter(r -> NOT has(new.1, r.1), old))),
        listed('changed', arrayConcat(
            arrayMap(r -> r.1, arrayFilter(r -> has(old.1, r.1) AND NOT has(old.2, r.2), new)),
            arrayFilter(key -> JSONExtractRaw(texts[known_rules], key) != JSONExtractRaw(texts[CAST(rules_version, 'String')], key), ['attribution_ms', 'rollback_ms', 'zone', 'markers']),
            if(old.2 != new.2 AND arraySort(old.2) = arraySort(new.2), ['the order of the rules'], [])))]), '; ')) AS rules_changed,
    if(NOT other_rules, '', r.reread) AS reread
FROM
(
    SELECT *, rules_of(texts[known_rules]) AS old, rules_of(texts[CAST(rules_version, 'String')]) AS new
    FROM
    (
        SELECT
            *,
            lagInFrame((true, value, n, published_at, CAST(rules_version, 'String'))) OVER life AS before,
            if(rules_before != '' AND NOT was_open, CAST(rules_before, 'String'), before.5) AS known_rules,
            known_rules != rules_version AS other_rules
        FROM published_figures FINAL
        WINDOW life AS (PARTITION BY tenant, project_id, service, environment, metric, day ORDER BY published_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE before.1 AND (n != before.3 OR ifNull(value, -1) != ifNull(before.2, -1))
) AS f
LEFT JOIN
(
    SELECT
        tenant, project_id, service, environment, version_before, version,
        arrayStringConcat(groupArray(concat(toString(n), ' ', change)), ', ') AS reread
    FROM (SELECT * FROM reread_deployments FINAL QUALIFY reread_at = max(reread_at) OVER (PARTITION BY version_before, version) ORDER BY change)
    GROUP BY tenant, project_id, service, environment, version_before, version
) AS r ON r.tenant = f.tenant AND r.project_id = f.project_id AND r.service = f.service AND r.environment = f.environment AND r.version_before = f.known_rules AND r.version = f.rules_version;
