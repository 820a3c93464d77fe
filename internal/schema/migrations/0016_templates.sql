-- Every observed state of the pipeline templates as CodeArts Pipeline API
-- Reference 4.1.1 lists them. The API spells the last editor updater_id or
-- update_id.
CREATE TABLE IF NOT EXISTS template_states
(
    tenant           LowCardinality(String),
    template_id      String,
    name             String,
    icon             String,
    manifest_version LowCardinality(String),
    language         LowCardinality(String),
    description      String,
    is_system        Bool,
    region           LowCardinality(String),
    domain_id        LowCardinality(String),
    creator_id       LowCardinality(String),
    creator_name     LowCardinality(String),
    updater_id       LowCardinality(String),
    created_at       Nullable(DateTime64(3, 'UTC')),
    updated_at       Nullable(DateTime64(3, 'UTC')),
    is_collect       Nullable(Bool),
    is_show_source   Nullable(Bool),
    stage_names      Array(String),
    stage_sequences  Array(Int32),
    op               LowCardinality(String),
    observed_at      DateTime64(3, 'UTC'),
    ver              UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, template_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS template_states_mv TO template_states AS
WITH JSONExtract(body, 'Tuple(
    name String,
    icon String,
    manifest_version String,
    language String,
    description String,
    is_system Bool,
    region String,
    domain_id String,
    creator_id String,
    creator_name String,
    updater_id String,
    update_id String,
    create_time Int64,
    update_time Int64,
    is_collect Nullable(Bool),
    is_show_source Nullable(Bool),
    stages Array(Tuple(name String, sequence Int32)))') AS b
SELECT
    tenant,
    id AS template_id,
    b.name AS name,
    b.icon AS icon,
    b.manifest_version AS manifest_version,
    b.language AS language,
    b.description AS description,
    b.is_system AS is_system,
    b.region AS region,
    b.domain_id AS domain_id,
    b.creator_id AS creator_id,
    b.creator_name AS creator_name,
    if(b.updater_id = '', b.update_id, b.updater_id) AS updater_id,
    fromUnixTimestamp64Milli(nullIf(b.create_time, 0), 'UTC') AS created_at,
    fromUnixTimestamp64Milli(nullIf(b.update_time, 0), 'UTC') AS updated_at,
    b.is_collect AS is_collect,
    b.is_show_source AS is_show_source,
    b.stages.name AS stage_names,
    b.stages.sequence AS stage_sequences,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'template';

-- Every observed detail of a template (4.1.3). definition is JSON in a string,
-- kept as the API gives it; variables without the values of secrets.
CREATE TABLE IF NOT EXISTS template_detail_states
(
    tenant           LowCardinality(String),
    template_id      String,
    name             String,
    manifest_version LowCardinality(String),
    language         LowCardinality(String),
    description      String,
    is_system        Bool,
    region           LowCardinality(String),
    domain_id        LowCardinality(String),
    creator_id       LowCardinality(String),
    updater_id       LowCardinality(String),
    created_at       Nullable(DateTime64(3, 'UTC')),
    updated_at       Nullable(DateTime64(3, 'UTC')),
    is_show_source   Nullable(Bool),
    variables        Array(Tuple(name String, sequence Int32, type String, value String, is_secret Bool, is_runtime Bool, is_reset Bool, description String)),
    definition       String,
    op               LowCardinality(String),
    observed_at      DateTime64(3, 'UTC'),
    ver              UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, template_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS template_detail_states_mv TO template_detail_states AS
WITH JSONExtract(body, 'Tuple(
    name String,
    manifest_version String,
    language String,
    description String,
    is_system Bool,
    region String,
    domain_id String,
    creator_id String,
    updater_id String,
    update_id String,
    create_time Int64,
    update_time Int64,
    is_show_source Nullable(Bool),
    variables Array(Tuple(name String, sequence Int32, type String, value String, is_secret Bool, is_runtime Bool, is_reset Bool, description String)),
    definition String)') AS b
SELECT
    tenant,
    id AS template_id,
    b.name AS name,
    b.manifest_version AS manifest_version,
    b.language AS language,
    b.description AS description,
    b.is_system AS is_system,
    b.region AS region,
    b.domain_id AS domain_id,
    b.creator_id AS creator_id,
    if(b.updater_id = '', b.update_id, b.updater_id) AS updater_id,
    fromUnixTimestamp64Milli(nullIf(b.create_time, 0), 'UTC') AS created_at,
    fromUnixTimestamp64Milli(nullIf(b.update_time, 0), 'UTC') AS updated_at,
    b.is_show_source AS is_show_source,
    b.variables AS variables,
    b.definition AS definition,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'template_detail';

-- The templates that are there. definition is '' until the detail is known.
CREATE VIEW IF NOT EXISTS templates AS
SELECT t.*, d.variables AS variables, d.definition AS definition
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM template_states FINAL
        ORDER BY ver DESC
        LIMIT 1 BY tenant, template_id
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS t
LEFT JOIN
(
    SELECT tenant, template_id, variables, definition
    FROM template_detail_states FINAL
    ORDER BY ver DESC
    LIMIT 1 BY tenant, template_id
) AS d ON d.tenant = t.tenant AND d.template_id = t.template_id;
