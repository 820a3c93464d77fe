-- Every observed state of a plug-in with its latest version (4.9.17) and of one
-- of its versions (4.9.21). version is '' for a draft; maintainers are user ids,
-- which the API writes as '' or as JSON in a text. The counts of a version are as
-- of its last edit, those of a plug-in as of its last daily look.
CREATE TABLE IF NOT EXISTS plugin_states
(
    tenant              LowCardinality(String),
    kind                LowCardinality(String),
    plugin_name         String,
    version             String,
    display_name        String,
    description         String,
    version_description String,
    unique_id           String,
    version_attribution LowCardinality(String),
    op_user             LowCardinality(String),
    op_at               Nullable(DateTime64(3, 'UTC')),
    composition_type    LowCardinality(String),
    attribution         LowCardinality(String),
    runtime_attribution LowCardinality(String),
    workspace_id        LowCardinality(String),
    business_type       LowCardinality(String),
    business_type_name  LowCardinality(String),
    maintainers         Array(String),
    icon_url            String,
    refer_count         Nullable(Int64),
    usage_count         Nullable(Int64),
    is_active           Nullable(Bool),
    op                  LowCardinality(String),
    observed_at         DateTime64(3, 'UTC'),
    ver                 UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, plugin_name, version, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS plugin_states_mv TO plugin_states AS
WITH JSONExtract(body, 'Tuple(
    plugin_name String,
    display_name String,
    version String,
    version_description String,
    description String,
    version_attribution String,
    unique_id String,
    op_user String,
    op_time String,
    plugin_composition_type String,
    plugin_attribution String,
    workspace_id String,
    business_type String,
    business_type_display_name String,
    maintainers String,
    icon_url String,
    refer_count Nullable(Int64),
    usage_count Nullable(Int64),
    runtime_attribution String,
    active Nullable(Int32))') AS b
SELECT
    tenant,
    kind,
    if(kind = 'plugin', id, b.plugin_name) AS plugin_name,
    b.version AS version,
    b.display_name AS display_name,
    b.description AS description,
    b.version_description AS version_description,
    b.unique_id AS unique_id,
    b.version_attribution AS version_attribution,
    b.op_user AS op_user,
    fromUnixTimestamp64Milli(toInt64OrNull(b.op_time), 'UTC') AS op_at,
    b.plugin_composition_type AS composition_type,
    b.plugin_attribution AS attribution,
    b.runtime_attribution AS runtime_attribution,
    b.workspace_id AS workspace_id,
    b.business_type AS business_type,
    b.business_type_display_name AS business_type_name,
    JSONExtract(b.maintainers, 'Array(String)') AS maintainers,
    b.icon_url AS icon_url,
    b.refer_count AS refer_count,
    b.usage_count AS usage_count,
    b.active != 0 AS is_active,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('plugin', 'plugin_version');

-- Every observed list of published versions (4.9.23) of a plug-in, and of a basic
-- plug-in.
CREATE TABLE IF NOT EXISTS plugin_version_lists
(
    tenant      LowCardinality(String),
    kind        LowCardinality(String),
    plugin_name String,
    versions    Array(String),
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, plugin_name, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS plugin_version_lists_mv TO plugin_version_lists AS
WITH JSONExtract(body, 'Tuple(
    versions Array(String))') AS b
SELECT
    tenant,
    kind,
    id AS plugin_name,
    b.versions AS versions,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('plugin_version_list', 'basic_plugin_version_list');

-- Every observed detail of a version (4.9.22): what it is made of.
CREATE TABLE IF NOT EXISTS plugin_detail_states
(
    tenant              LowCardinality(String),
    plugin_name         String,
    version             String,
    display_name        String,
    version_description String,
    unique_id           String,
    version_attribution LowCardinality(String),
    op_user             LowCardinality(String),
    op_at               Nullable(DateTime64(3, 'UTC')),
    composition_type    LowCardinality(String),
    attribution         LowCardinality(String),
    runtime_attribution LowCardinality(String),
    input_names         Array(String),
    execution_type      LowCardinality(String),
    steps               Array(Tuple(name String, task String, variables Map(String, String))),
    op                  LowCardinality(String),
    observed_at         DateTime64(3, 'UTC'),
    ver                 UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, plugin_name, version, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS plugin_detail_states_mv TO plugin_detail_states AS
WITH JSONExtract(body, 'Tuple(
    plugin_name String,
    display_name String,
    op_user String,
    op_time String,
    version String,
    unique_id String,
    version_description String,
    version_attribution String,
    plugin_composition_type String,
    plugin_attribution String,
    input_info Array(Tuple(name String)),
    plugin_execution Tuple(execution_type String, steps Array(Tuple(name String, task String, variables Map(String, String)))),
    runtime_attribution String)') AS b
SELECT
    tenant,
    b.plugin_name AS plugin_name,
    b.version AS version,
    b.display_name AS display_name,
    b.version_description AS version_description,
    b.unique_id AS unique_id,
    b.version_attribution AS version_attribution,
    b.op_user AS op_user,
    fromUnixTimestamp64Milli(toInt64OrNull(b.op_time), 'UTC') AS op_at,
    b.plugin_composition_type AS composition_type,
    b.plugin_attribution AS attribution,
    b.runtime_attribution AS runtime_attribution,
    b.input_info.name AS input_names,
    b.plugin_execution.execution_type AS execution_type,
    b.plugin_execution.steps AS steps,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind = 'plugin_version_detail';

-- The plug-ins that are there, each with its latest version, and the published
-- ones.
CREATE VIEW IF NOT EXISTS plugins AS
SELECT p.* EXCEPT (kind), l.versions AS published_versions
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_states FINAL
        WHERE kind = 'plugin'
        ORDER BY ver DESC
        LIMIT 1 BY tenant, plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS p
LEFT JOIN
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_version_lists FINAL
        WHERE kind = 'plugin_version_list'
        ORDER BY ver DESC
        LIMIT 1 BY tenant, plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS l ON l.tenant = p.tenant AND l.plugin_name = p.plugin_name;

-- The versions of plug-ins, as of their last edit, with what they are made of.
-- is_published is false for a draft, and for a version that was withdrawn.
CREATE VIEW IF NOT EXISTS plugin_versions AS
SELECT r.*, d.execution_type AS execution_type, d.steps AS steps
FROM
(
    SELECT v.* EXCEPT (kind, refer_count, usage_count), toBool(has(l.versions, v.version)) AS is_published
    FROM
    (
        SELECT *
        FROM
        (
            SELECT *
            FROM plugin_states FINAL
            WHERE kind = 'plugin_version'
            ORDER BY ver DESC
            LIMIT 1 BY tenant, plugin_name, version
        )
        WHERE op NOT IN ('deleted', 'expired')
    ) AS v
    LEFT JOIN
    (
        SELECT *
        FROM
        (
            SELECT *
            FROM plugin_version_lists FINAL
            WHERE kind = 'plugin_version_list'
            ORDER BY ver DESC
            LIMIT 1 BY tenant, plugin_name
        )
        WHERE op NOT IN ('deleted', 'expired')
    ) AS l ON l.tenant = v.tenant AND l.plugin_name = v.plugin_name
) AS r
LEFT JOIN
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_detail_states FINAL
        ORDER BY ver DESC
        LIMIT 1 BY tenant, plugin_name, version
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS d ON d.tenant = r.tenant AND d.plugin_name = r.plugin_name AND d.version = r.version;
