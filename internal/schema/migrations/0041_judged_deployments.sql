-- Deployments with what stands around them, kept row by row: computing for
-- every question which deployment came before and after, which commit was
-- deployed first and what went back costs far more than the question.
-- A unit is a service in an environment, by which all of that is found. Its kept
-- rows are those of the plain views (judged_deployments_now,
-- shipped_changes_now), as of the batch in which they were computed. Units of
-- which any source was touched since are judged anew (schema.judge):
--   1. they are noted, with the time of the last touch;
--   2. when the inserts have ended that ran then, their rows are kept;
--   3. the batch is noted as in force for its units, each with all its rows.
-- Each step may be repeated or broken off, and by several loaders at once:
-- readers look at the last batch in force of each unit, and what is touched
-- after the time of 1 is judged again.

-- When a source was last touched: a pipeline by its attempts or terms, a
-- repository by its commits. Only a hint when to judge anew: it is in no number,
-- and the same row that comes again changes nothing but that.
CREATE TABLE IF NOT EXISTS delivery_touches
(
    tenant     LowCardinality(String),
    source     String,
    touched_at DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(touched_at)
ORDER BY (tenant, source);

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_touches_attempts_mv TO delivery_touches AS
SELECT DISTINCT tenant, pipeline_id AS source, now64(6, 'UTC') AS touched_at FROM deployment_attempts;

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_touches_terms_mv TO delivery_touches AS
SELECT DISTINCT tenant, pipeline_id AS source, now64(6, 'UTC') AS touched_at FROM deployment_terms WHERE in_force;

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_touches_commits_mv TO delivery_touches AS
SELECT DISTINCT tenant, repository_id AS source, now64(6, 'UTC') AS touched_at FROM commit_states;

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_touches_ranges_mv TO delivery_touches AS
SELECT DISTINCT tenant, repository_id AS source, now64(6, 'UTC') AS touched_at FROM commit_range_states;

-- The pipelines and repositories that any attempt of a unit ever had.
CREATE TABLE IF NOT EXISTS delivery_sources
(
    unit   UInt64,
    tenant LowCardinality(String),
    source String
)
ENGINE = ReplacingMergeTree
ORDER BY (unit, tenant, source);

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_sources_mv TO delivery_sources AS
SELECT DISTINCT sipHash64(tenant, service, environment) AS unit, tenant, arrayJoin([pipeline_id, codehub_id]) AS source
FROM deployment_attempts
WHERE selected;

INSERT INTO delivery_sources
SELECT DISTINCT sipHash64(tenant, service, environment), tenant, arrayJoin([pipeline_id, codehub_id])
FROM deployment_attempts
WHERE selected;

-- Every attempt of a unit that succeeded or failed. What is before or next is
-- so among those of the same outcome; only successful ones are judged.
CREATE TABLE IF NOT EXISTS judged_deployments
(
    generation    UInt64,
    batch         UInt64,
    unit          UInt64,
    tenant        LowCardinality(String),
    project_id    LowCardinality(String),
    service       LowCardinality(String),
    environment   LowCardinality(String),
    codehub_id    LowCardinality(String),
    succeeded     Bool,
    at            DateTime64(3, 'UTC'),
    run_id        String,
    position      UInt16,
    start_text    String,
    stage         LowCardinality(String),
    commit_id     String,
    committed_at  Nullable(DateTime64(3, 'UTC')),
    project       LowCardinality(String),
    pipeline_id   LowCardinality(String),
    pipeline      LowCardinality(String),
    run_number    Nullable(UInt32),
    executor_name LowCardinality(String),
    rule          LowCardinality(String),
    marker        LowCardinality(String),
    prev_at       Nullable(DateTime64(3, 'UTC')),
    prev_commit   String,
    next_at       Nullable(DateTime64(3, 'UTC')),
    next_marker   LowCardinality(String),
    next_run_id   String,
    next_any_at   Nullable(DateTime64(3, 'UTC')),
    run_prev_at   Nullable(DateTime64(3, 'UTC')),
    run_next_at   Nullable(DateTime64(3, 'UTC')),
    repo_next_at  Nullable(DateTime64(3, 'UTC')),
    rollbacks     Array(Tuple(DateTime64(3, 'UTC'), String, String)),
    is_rollback   UInt8,
    INDEX at_minmax at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (toStartOfMonth(at), tenant, service, environment, project_id, at);

-- Every pipeline of a unit, with the end of its first attempt.
CREATE TABLE IF NOT EXISTS judged_pipelines
(
    generation  UInt64,
    batch       UInt64,
    unit        UInt64,
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    service     LowCardinality(String),
    environment LowCardinality(String),
    pipeline_id LowCardinality(String),
    project     LowCardinality(String),
    first_at    DateTime64(3, 'UTC')
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (tenant, service, environment, project_id, pipeline_id);

-- Every change of a unit, of the first deployment that had it.
CREATE TABLE IF NOT EXISTS shipped_changes
(
    generation   UInt64,
    batch        UInt64,
    unit         UInt64,
    tenant       LowCardinality(String),
    project_id   LowCardinality(String),
    service      LowCardinality(String),
    environment  LowCardinality(String),
    codehub_id   LowCardinality(String),
    commit_id    String,
    at           DateTime64(3, 'UTC'),
    tier         LowCardinality(String),
    project      LowCardinality(String),
    committed_at Nullable(DateTime64(3, 'UTC')),
    title        String,
    author_name  LowCardinality(String),
    pipeline_id  LowCardinality(String),
    pipeline     LowCardinality(String),
    run_id       String,
    run_number   Nullable(UInt32),
    stage        LowCardinality(String),
    rule         LowCardinality(String),
    exception    LowCardinality(String),
    INDEX at_minmax at TYPE minmax GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY generation
ORDER BY (toStartOfMonth(at), tenant, service, environment, project_id, at);

-- The units of each batch, while it is being judged.
CREATE TABLE IF NOT EXISTS judging_units
(
    batch      UInt64,
    unit       UInt64,
    generation UInt64,
    seen_at    DateTime64(6, 'UTC'),
    noted_at   DateTime('UTC') DEFAULT now('UTC')
)
ENGINE = MergeTree
ORDER BY (batch, unit)
TTL noted_at + INTERVAL 1 DAY;

-- Which rows of a unit are read: those of the last batch that is in force.
CREATE TABLE IF NOT EXISTS judged_units
(
    unit       UInt64,
    batch      UInt64,
    generation UInt64,
    seen_at    DateTime64(6, 'UTC')
)
ENGINE = ReplacingMergeTree(batch)
PARTITION BY generation
ORDER BY unit;

CREATE VIEW IF NOT EXISTS judged_in_force AS
SELECT unit, max(judged_units.batch) AS batch, argMax((generation, seen_at), judged_units.batch) AS judged
FROM judged_units
GROUP BY unit;

-- Batches of units of which a later one is in force.
CREATE VIEW IF NOT EXISTS judged_superseded AS
SELECT k.unit AS unit, k.batch AS batch
FROM (SELECT unit, batch FROM judged_deployments UNION DISTINCT SELECT unit, batch FROM shipped_changes) AS k
INNER JOIN judged_in_force AS f ON f.unit = k.unit
WHERE k.batch < f.batch;

-- Units that are to be judged: those of a generation that is over, and those of
-- which a source was touched since.
CREATE VIEW IF NOT EXISTS touched_units AS
SELECT u.unit AS unit, u.touched_at AS touched_at
FROM
(
    SELECT s.unit AS unit, max(t.touched_at) AS touched_at
    FROM delivery_sources AS s
    LEFT JOIN (SELECT tenant, source, max(delivery_touches.touched_at) AS touched_at FROM delivery_touches GROUP BY tenant, source) AS t
        ON t.tenant = s.tenant AND t.source = s.source
    GROUP BY unit
) AS u
LEFT JOIN judged_in_force AS j ON j.unit = u.unit
WHERE j.judged.1 != (SELECT generation FROM deployment_generation) OR u.touched_at > j.judged.2;

-- The attempts of a batch of units that succeeded or failed. prev_commit is the commit that
-- was deployed before from the same repository, '' if none was; committed_at is
-- NULL where CodeArts Repo does not tell it.
CREATE VIEW IF NOT EXISTS unit_attempts AS
WITH sources AS (SELECT tenant, source FROM delivery_sources WHERE unit IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64}))
SELECT
    *,
    lagInFrame(commit_id) OVER repository AS prev_commit,
    lagInFrame(committed_at) OVER repository AS prev_committed_at
FROM
(
    SELECT s.*, c.committed_at AS committed_at
    FROM
    (
        SELECT
            sipHash64(tenant, service, environment) AS unit, tenant, project_id, service, environment, codehub_id, assumeNotNull(deployments.succeeded) AS succeeded,
            assumeNotNull(deployments.finished_at) AS at, run_id, position, start_text, stage, commit_id, project, pipeline_id, pipeline, run_number, executor_name, rule, marker
        FROM deployments
        WHERE (tenant, pipeline_id) IN (sources) AND sipHash64(tenant, service, environment) IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64})
            AND deployments.succeeded IS NOT NULL AND deployments.finished_at IS NOT NULL
    ) AS s
    ANY LEFT JOIN
    (
        SELECT tenant, repository_id, commit_id, argMax(commit_states.committed_at, ver) AS committed_at
        FROM commit_states
        WHERE found AND (tenant, repository_id) IN (sources)
        GROUP BY tenant, repository_id, commit_id
    ) AS c
        ON c.tenant = s.tenant AND c.repository_id = s.codehub_id AND c.commit_id = s.commit_id
)
WINDOW repository AS (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW);

-- What is kept in judged_deployments. rollbacks: deployments within R that went
-- back to an older commit. Of two commits of one repository the older one was
-- committed before, or, while the time of either is not known, deployed before.
CREATE VIEW IF NOT EXISTS judged_deployments_now AS
SELECT
    unit, tenant, project_id, service, environment, codehub_id, succeeded, at, run_id, position, start_text, stage, commit_id, committed_at,
    project, pipeline_id, pipeline, run_number, executor_name, rule, marker,
    lagInFrame(toNullable(at)) OVER before AS prev_at,
    prev_commit,
    leadInFrame(toNullable(at)) OVER after AS next_at,
    leadInFrame(marker) OVER after AS next_marker,
    leadInFrame(run_id) OVER after AS next_run_id,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, service, environment, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS next_any_at,
    lagInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, succeeded, run_id, stage ORDER BY at, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS run_prev_at,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, succeeded, run_id, stage ORDER BY at, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS run_next_at,
    leadInFrame(toNullable(at)) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) AS repo_next_at,
    rollbacks,
    has(groupArrayArray(arrayMap(e -> (e.1, e.2), rollbacks)) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment RANGE BETWEEN 1 PRECEDING AND CURRENT ROW), (at, run_id)) AS is_rollback
FROM
(
    -- Only what is older than something before it can be a rollback; that is little, so that the arrays are short.
    SELECT
        * EXCEPT (older),
        arrayMap(e -> (e.1, e.2, e.3), arrayFilter(e -> (e.1, e.2) > (at, run_id) AND e.3 NOT IN ('', commit_id) AND commit_id != '' AND if(e.5 > 0 AND committed_ms > 0, e.5 < committed_ms, e.4 < first_at),
            arraySort(groupArrayIf((at, run_id, commit_id, first_at, committed_ms), older) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment RANGE BETWEEN CURRENT ROW AND 1 FOLLOWING)))) AS rollbacks
    FROM
    (
        SELECT
            *,
            first_at < at OR committed_ms > 0 AND committed_ms < max(committed_ms) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded ORDER BY moment) AS older
        FROM
        (
            -- moment counts in units of R, so that the two ranges above are R wide.
            SELECT
                *,
                toUnixTimestamp64Milli(at) / greatest((SELECT rollback_ms FROM deployment_rules_in_force), 1) AS moment,
                ifNull(toUnixTimestamp64Milli(committed_at), 0) AS committed_ms,
                min(at) OVER (PARTITION BY tenant, project_id, service, environment, codehub_id, succeeded, commit_id) AS first_at
            FROM unit_attempts(batch = {batch:UInt64})
        )
    )
)
WINDOW
    before AS (PARTITION BY tenant, project_id, service, environment, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN 1 PRECEDING AND CURRENT ROW),
    after AS (PARTITION BY tenant, project_id, service, environment, succeeded ORDER BY at, run_id, position, start_text ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING);

-- What is kept in shipped_changes. What the tiers mean is said at dora_changes.
CREATE VIEW IF NOT EXISTS shipped_changes_now AS
WITH sources AS (SELECT tenant, source FROM delivery_sources WHERE unit IN (SELECT unit FROM judging_units WHERE batch = {batch:UInt64}))
SELECT
    unit, tenant, project_id, service, environment, codehub_id, change AS commit_id, at, tier, project, changed_at AS committed_at, title, author_name,
    pipeline_id, pipeline, run_id, run_number, stage, rule,
    multiIf(tier != 'B', '', prev_commit = '', 'baseline', changed_at <= prev_committed_at, 'older', '') AS exception
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
ORDER BY at, tier, run_id, position, start_text
LIMIT 1 BY tenant, project_id, service, environment, codehub_id, change, if(tier = 'C', (run_id, position, start_text), ('', 0, ''));
