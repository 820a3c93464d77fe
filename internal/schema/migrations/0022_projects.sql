-- Every observed state of the CodeArts projects (CodeArts Req, Querying the
-- Project List): a rename is another row. updated_at is as of that state: a
-- change of it alone is no event.
CREATE TABLE IF NOT EXISTS project_states
(
    tenant       LowCardinality(String),
    project_id   LowCardinality(String),
    number       Nullable(Int64),
    name         String,
    description  String,
    type         LowCardinality(String),
    creator_id   LowCardinality(String),
    creator_name LowCardinality(String),
    created_at   Nullable(DateTime64(3, 'UTC')),
    updated_at   Nullable(DateTime64(3, 'UTC')),
    op           LowCardinality(String),
    observed_at  DateTime64(3, 'UTC'),
    ver          UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS project_states_mv TO project_states AS
WITH JSONExtract(body, 'Tuple(
    project_num_id Nullable(Int64),
    project_name String,
    description String,
    project_type String,
    creator Tuple(user_id String, user_name String),
    created_time Int64,
    updated_time Int64)') AS b
SELECT
    tenant,
    id AS project_id,
    b.project_num_id AS number,
    b.project_name AS name,
    b.description AS description,
    b.project_type AS type,
    b.creator.user_id AS creator_id,
    b.creator.user_name AS creator_name,
    fromUnixTimestamp64Milli(nullIf(b.created_time, 0), 'UTC') AS created_at,
    fromUnixTimestamp64Milli(nullIf(b.updated_time, 0), 'UTC') AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'project';

-- Every project that was ever seen, with its newest name: that of the list of
-- projects, else the one that a pipeline or repository shows, else its id. Read
-- without FINAL: the newest name counts, also that of what is gone by now. The
-- other columns are NULL or '' for a project that the list has not shown.
CREATE VIEW IF NOT EXISTS projects AS
SELECT
    tenant,
    project_id,
    if(best = '', project_id, best) AS project,
    state.1 AS type,
    state.2 AS creator_name,
    state.3 AS created_at
FROM
(
    SELECT
        tenant,
        project_id,
        argMaxIf(name, (listed, ver), name != '') AS best,
        argMaxIf((source.type, source.creator_name, source.created_at), ver, listed) AS state
    FROM
    (
        SELECT tenant, project_id, name, type, creator_name, created_at, true AS listed, ver FROM project_states
        UNION ALL
        SELECT tenant, project_id, project_name, '', '', NULL, false, ver FROM pipelines
        UNION ALL
        SELECT tenant, project_id, project_name, '', '', NULL, false, ver FROM repositories
        UNION ALL
        SELECT DISTINCT tenant, scope, '', '', '', NULL, false, 0 FROM polls WHERE NOT startsWith(scope, '_')
    ) AS source
    WHERE project_id != ''
    GROUP BY tenant, project_id
);

-- Every name that a project has had, as far as it was observed: when it was
-- first seen with it, and how it was called before.
CREATE VIEW IF NOT EXISTS project_names AS
SELECT tenant, project_id, observed_at AS seen_at, name, old_name
FROM
(
    SELECT
        tenant,
        project_id,
        observed_at,
        name,
        lagInFrame(name, 1, '') OVER (PARTITION BY tenant, project_id ORDER BY ver ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS old_name
    FROM project_states FINAL
)
WHERE name != old_name;

-- Every observed state of the IAM projects of the account (CodeArts Pipeline
-- API Reference 5.3). They are no CodeArts projects; no other table knows
-- their ids.
CREATE TABLE IF NOT EXISTS iam_project_states
(
    tenant         LowCardinality(String),
    iam_project_id String,
    name           LowCardinality(String),
    domain_id      LowCardinality(String),
    parent_id      String,
    is_domain      Nullable(Bool),
    enabled        Nullable(Bool),
    description    String,
    op             LowCardinality(String),
    observed_at    DateTime64(3, 'UTC'),
    ver            UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, iam_project_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS iam_project_states_mv TO iam_project_states AS
WITH JSONExtract(body, 'Tuple(
    name String,
    domain_id String,
    parent_id String,
    is_domain Nullable(Bool),
    enabled Nullable(Bool),
    description String)') AS b
SELECT
    tenant,
    id AS iam_project_id,
    b.name AS name,
    b.domain_id AS domain_id,
    b.parent_id AS parent_id,
    b.is_domain AS is_domain,
    b.enabled AS enabled,
    b.description AS description,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'iam_project';

-- Those that are there.
CREATE VIEW IF NOT EXISTS iam_projects AS
SELECT *
FROM
(
    SELECT *
    FROM iam_project_states FINAL
    ORDER BY ver DESC
    LIMIT 1 BY tenant, iam_project_id
)
WHERE op NOT IN ('deleted', 'expired');
