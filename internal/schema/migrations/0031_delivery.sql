-- What deployments are judged by and CodeArts Pipeline does not tell:
-- incidents, and when commits were made.
CREATE TABLE IF NOT EXISTS delivery_events AS events ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS delivery_events_mv TO delivery_events AS
SELECT * FROM events WHERE kind IN ('incident', 'commit', 'commit_range');

-- Every state of an incident that was reported to the collector's endpoint.
-- An alert has the id <fingerprint>-<start>, so that one that fires again is
-- another incident. resolved_at is NULL while it is open. service is '' where
-- the alert has no such label; deployment_run_id names the run that caused it,
-- '' when the reporter does not say so. withdrawn says that it was none.
CREATE TABLE IF NOT EXISTS incident_states
(
    tenant            LowCardinality(String),
    incident_id       String,
    service           LowCardinality(String),
    environment       LowCardinality(String),
    started_at        DateTime64(3, 'UTC'),
    resolved_at       Nullable(DateTime64(3, 'UTC')),
    title             String,
    source            LowCardinality(String),
    deployment_run_id String,
    deployment_stage  String,
    severity          LowCardinality(String),
    url               String,
    withdrawn         Bool,
    op                LowCardinality(String),
    observed_at       DateTime64(3, 'UTC'),
    ver               UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, incident_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS incident_states_mv TO incident_states AS
WITH JSONExtract(body, 'Tuple(
    service String,
    environment String,
    started_at String,
    resolved_at String,
    title String,
    source String,
    deployment Tuple(run_id String, stage String),
    severity String,
    url String,
    withdrawn Bool)') AS b
SELECT
    tenant,
    id AS incident_id,
    b.service AS service,
    b.environment AS environment,
    parseDateTime64BestEffortOrZero(b.started_at, 3, 'UTC') AS started_at,
    if(b.resolved_at = '', NULL, parseDateTime64BestEffortOrNull(b.resolved_at, 3, 'UTC')) AS resolved_at,
    b.title AS title,
    b.source AS source,
    b.deployment.run_id AS deployment_run_id,
    b.deployment.stage AS deployment_stage,
    b.severity AS severity,
    b.url AS url,
    b.withdrawn AS withdrawn,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM delivery_events
WHERE kind = 'incident';

-- Every incident as it was reported last, but those that were withdrawn.
CREATE VIEW IF NOT EXISTS incidents AS
SELECT
    tenant,
    incident_id,
    service,
    environment,
    started_at,
    resolved_at,
    title,
    source,
    deployment_run_id,
    deployment_stage,
    severity,
    url,
    ver
FROM
(
    SELECT *
    FROM incident_states FINAL
    ORDER BY ver DESC
    LIMIT 1 BY tenant, incident_id
)
WHERE NOT withdrawn;

-- Commits as CodeArts Repo shows them, each once: alone (Querying Details About
-- a Commit) or in a comparison. repository_id is the codehub id, as in
-- stage_attempts. What CodeArts does not have is a row with found = false, and
-- answer is what it said instead; a time that is known stays known.
CREATE TABLE IF NOT EXISTS commit_states
(
    tenant         LowCardinality(String),
    repository_id  String,
    commit_id      String,
    found          Bool,
    committed_text String,
    committed_at   Nullable(DateTime64(3, 'UTC')),
    authored_text  String,
    authored_at    Nullable(DateTime64(3, 'UTC')),
    title          String,
    author_name    LowCardinality(String),
    answer         String,
    observed_at    DateTime64(3, 'UTC'),
    ver            UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, repository_id, commit_id, found);

CREATE MATERIALIZED VIEW IF NOT EXISTS commit_states_mv TO commit_states AS
SELECT
    tenant,
    repository_id,
    c.id AS commit_id,
    answer = '' AS found,
    c.committed_date AS committed_text,
    if(c.committed_date = '', NULL, parseDateTime64BestEffortOrNull(if(match(c.committed_date, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), c.committed_date, concat(c.committed_date, utc_offset)), 3, 'UTC')) AS committed_at,
    c.authored_date AS authored_text,
    if(c.authored_date = '', NULL, parseDateTime64BestEffortOrNull(if(match(c.authored_date, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), c.authored_date, concat(c.authored_date, utc_offset)), 3, 'UTC')) AS authored_at,
    c.title AS title,
    c.author_name AS author_name,
    answer,
    observed_at,
    ver
FROM
(
    WITH JSONExtract(body, 'Tuple(
        repository_id String,
        commit_id String,
        absent String,
        commit Tuple(id String, committed_date String, authored_date String, title String, author_name String),
        commits Array(Tuple(id String, committed_date String, authored_date String, title String, author_name String)))') AS b
    SELECT
        tenant,
        b.repository_id AS repository_id,
        b.absent AS answer,
        if(kind = 'commit', [(b.commit_id, b.commit.committed_date, b.commit.authored_date, b.commit.title, b.commit.author_name)], b.commits)
            ::Array(Tuple(id String, committed_date String, authored_date String, title String, author_name String)) AS all_commits,
        if(zone = '', '+08:00', zone) AS utc_offset,
        observed_at,
        bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
    FROM delivery_events
    WHERE kind IN ('commit', 'commit_range')
)
ARRAY JOIN all_commits AS c;

-- Commits whose time is known.
CREATE VIEW IF NOT EXISTS commits AS
SELECT
    tenant,
    repository_id,
    commit_id,
    assumeNotNull(s.committed_at) AS committed_at,
    authored_at,
    title,
    author_name,
    ver
FROM commit_states AS s FINAL
WHERE found AND s.committed_at IS NOT NULL;

-- What CodeArts Repo answered to a comparison of two commits: those that
-- to_commit has and from_commit has not, so to_commit is among them and
-- from_commit is not. total is what CodeArts counts; complete says that all of
-- them are here. A comparison may be empty and complete: to_commit is older.
CREATE TABLE IF NOT EXISTS commit_range_states
(
    tenant        LowCardinality(String),
    repository_id String,
    from_commit   String,
    to_commit     String,
    found         Bool,
    complete      Bool,
    total         UInt32,
    commit_ids    Array(String),
    answer        String,
    observed_at   DateTime64(3, 'UTC'),
    ver           UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, repository_id, from_commit, to_commit, found);

CREATE MATERIALIZED VIEW IF NOT EXISTS commit_range_states_mv TO commit_range_states AS
WITH JSONExtract(body, 'Tuple(
    repository_id String,
    from_commit String,
    to_commit String,
    absent String,
    complete Bool,
    total UInt32,
    commits Array(Tuple(id String)))') AS b
SELECT
    tenant,
    b.repository_id AS repository_id,
    b.from_commit AS from_commit,
    b.to_commit AS to_commit,
    b.absent = '' AS found,
    b.complete AS complete,
    b.total AS total,
    b.commits.id AS commit_ids,
    b.absent AS answer,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM delivery_events
WHERE kind = 'commit_range';

-- Every commit of every comparison. An empty one has no row here.
CREATE VIEW IF NOT EXISTS commit_ranges AS
SELECT
    tenant,
    repository_id,
    from_commit,
    to_commit,
    commit_id,
    complete,
    ver
FROM commit_range_states FINAL
ARRAY JOIN commit_ids AS commit_id
WHERE found;
