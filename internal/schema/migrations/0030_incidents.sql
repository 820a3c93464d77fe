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
