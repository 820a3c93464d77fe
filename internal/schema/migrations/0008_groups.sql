-- Pipeline groups: the nodes of the tree of CodeArts Pipeline API Reference
-- 4.3.4, newest state per group. The tree is in parent_id ('' at the root)
-- and in path_id, whose number of ids is depth (1 at the root).
-- The API spells the last editor updater or update.
CREATE TABLE IF NOT EXISTS pipeline_groups
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    group_id    String,
    parent_id   String,
    path_id     String,
    depth       UInt8,
    ordinal     Int32,
    name        String,
    domain_id   LowCardinality(String),
    creator     LowCardinality(String),
    updater     LowCardinality(String),
    created_at  Nullable(DateTime64(3, 'UTC')),
    updated_at  Nullable(DateTime64(3, 'UTC')),
    op          LowCardinality(String),
    is_deleted  UInt8,
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, group_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS pipeline_groups_mv TO pipeline_groups AS
WITH JSONExtract(body, 'Tuple(
    parent_id String,
    path_id String,
    ordinal Int32,
    name String,
    domain_id String,
    creator String,
    updater String,
    update String,
    create_time Int64,
    update_time Int64)') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS group_id,
    b.parent_id AS parent_id,
    b.path_id AS path_id,
    toUInt8(length(splitByChar('.', b.path_id))) AS depth,
    b.ordinal AS ordinal,
    b.name AS name,
    b.domain_id AS domain_id,
    b.creator AS creator,
    if(b.updater = '', b.update, b.updater) AS updater,
    fromUnixTimestamp64Milli(nullIf(b.create_time, 0), 'UTC') AS created_at,
    fromUnixTimestamp64Milli(nullIf(b.update_time, 0), 'UTC') AS updated_at,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'pipeline_group';

-- Build groups: the nodes of CodeArts Build "Querying a Group Tree". Users are
-- names here, a root's parent is null, and times are text such as
-- 2025-06-05T07:06:50+0800.
CREATE TABLE IF NOT EXISTS build_groups
(
    tenant       LowCardinality(String),
    project_id   LowCardinality(String),
    group_id     String,
    parent_id    String,
    path_id      String,
    depth        UInt8,
    ordinal      Int32,
    name         String,
    domain_id    LowCardinality(String),
    creator      LowCardinality(String),
    updater      LowCardinality(String),
    created_text String,
    updated_text String,
    created_at   Nullable(DateTime64(3, 'UTC')),
    updated_at   Nullable(DateTime64(3, 'UTC')),
    op           LowCardinality(String),
    is_deleted   UInt8,
    observed_at  DateTime64(3, 'UTC'),
    ver          UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, project_id, group_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS build_groups_mv TO build_groups AS
WITH JSONExtract(body, 'Tuple(
    parent_id String,
    path_id String,
    ordinal Int32,
    name String,
    domain_id String,
    create_user String,
    update_user String,
    create_time String,
    update_time String)') AS b
SELECT
    tenant,
    scope AS project_id,
    id AS group_id,
    b.parent_id AS parent_id,
    b.path_id AS path_id,
    toUInt8(length(splitByChar('.', b.path_id))) AS depth,
    b.ordinal AS ordinal,
    b.name AS name,
    b.domain_id AS domain_id,
    b.create_user AS creator,
    b.update_user AS updater,
    b.create_time AS created_text,
    b.update_time AS updated_text,
    parseDateTime64BestEffortOrNull(b.create_time, 3, 'UTC') AS created_at,
    parseDateTime64BestEffortOrNull(b.update_time, 3, 'UTC') AS updated_at,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'build_group';
