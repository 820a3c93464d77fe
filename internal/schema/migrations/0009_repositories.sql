-- Repositories as CodeArts Repo "Obtaining the Tenant Repository List" shows
-- them, newest state per repository. Sizes are MB as the API gives them.
-- status: 0 normal, 3 frozen, 4 closed, 5 clearing, 7 deleting.
CREATE TABLE IF NOT EXISTS repositories
(
    tenant            LowCardinality(String),
    repository_id     UInt64,
    project_id        LowCardinality(String),
    project_name      LowCardinality(String),
    name              String,
    owner             LowCardinality(String),
    capacity_mb       Float64,
    status            Int32,
    moderation_result Nullable(Bool),
    locked            Nullable(Bool),
    member_number     UInt32,
    created_text      String,
    created_at        Nullable(DateTime64(3, 'UTC')),
    op                LowCardinality(String),
    is_deleted        UInt8,
    observed_at       DateTime64(3, 'UTC'),
    ver               UInt64
)
ENGINE = ReplacingMergeTree(ver, is_deleted)
ORDER BY (tenant, repository_id);

CREATE MATERIALIZED VIEW IF NOT EXISTS repositories_mv TO repositories AS
WITH JSONExtract(body, 'Tuple(
    project_id String,
    project_name String,
    repository_name String,
    owner String,
    capacity Float64,
    status Int32,
    moderation_result Nullable(Bool),
    locked Nullable(Bool),
    member_number UInt32,
    create_time String)') AS b
SELECT
    tenant,
    toUInt64OrZero(id) AS repository_id,
    b.project_id AS project_id,
    b.project_name AS project_name,
    b.repository_name AS name,
    b.owner AS owner,
    b.capacity AS capacity_mb,
    b.status AS status,
    b.moderation_result AS moderation_result,
    b.locked AS locked,
    b.member_number AS member_number,
    b.create_time AS created_text,
    parseDateTime64BestEffortOrNull(b.create_time, 3, 'UTC') AS created_at,
    op,
    op IN ('deleted', 'expired') AS is_deleted,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'repository';

-- Every observed change of a repository with its size at that time. A size
-- holds until the next row; a row with op deleted or expired ends it.
CREATE TABLE IF NOT EXISTS repository_sizes
(
    tenant        LowCardinality(String),
    repository_id UInt64,
    observed_at   DateTime64(3, 'UTC'),
    project_id    LowCardinality(String),
    name          String,
    capacity_mb   Float64,
    member_number UInt32,
    status        Int32,
    op            LowCardinality(String),
    ver           UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, repository_id, observed_at, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS repository_sizes_mv TO repository_sizes AS
WITH JSONExtract(body, 'Tuple(
    project_id String,
    repository_name String,
    capacity Float64,
    member_number UInt32,
    status Int32)') AS b
SELECT
    tenant,
    toUInt64OrZero(id) AS repository_id,
    observed_at,
    b.project_id AS project_id,
    b.repository_name AS name,
    b.capacity AS capacity_mb,
    b.member_number AS member_number,
    b.status AS status,
    op,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM inventory_events
WHERE kind = 'repository';
