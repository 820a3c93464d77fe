-- Every observed state of the inputs of a version (4.9.19), as of the edit at
-- op_at. required is the API's own text.
CREATE TABLE IF NOT EXISTS plugin_input_states
(
    tenant      LowCardinality(String),
    plugin_name String,
    version     String,
    op_at       Nullable(DateTime64(3, 'UTC')),
    inputs      Array(Tuple(unique_id String, name String, type String, label String, description String, default_value String, required String, validation Tuple(required_message Nullable(String), regex Nullable(String), regex_message Nullable(String), max_length Nullable(Int64), min_length Nullable(Int64)))),
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, plugin_name, version, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS plugin_input_states_mv TO plugin_input_states AS
WITH JSONExtract(body, 'Tuple(
    plugin_name String,
    version String,
    op_time Int64,
    answer Tuple(data Array(Tuple(unique_id String, name String, type String, label String, description String, default_value String, required String, validation Tuple(required_message Nullable(String), regex Nullable(String), regex_message Nullable(String), max_length Nullable(Int64), min_length Nullable(Int64))))))') AS b
SELECT
    tenant,
    b.plugin_name AS plugin_name,
    b.version AS version,
    fromUnixTimestamp64Milli(nullIf(b.op_time, 0), 'UTC') AS op_at,
    b.answer.data AS inputs,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind = 'plugin_inputs';

-- Every observed state of the outputs (4.9.20) and metrics (4.9.18) of a version,
-- as of the edit at op_at. output_value is JSON in a text, as the API gives it.
CREATE TABLE IF NOT EXISTS plugin_output_states
(
    tenant      LowCardinality(String),
    kind        LowCardinality(String),
    plugin_name String,
    version     String,
    op_at       Nullable(DateTime64(3, 'UTC')),
    outputs     Array(Tuple(unique_id String, output_key String, output_value String)),
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, plugin_name, version, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS plugin_output_states_mv TO plugin_output_states AS
WITH JSONExtract(body, 'Tuple(
    plugin_name String,
    version String,
    op_time Int64,
    answer Tuple(data Array(Tuple(unique_id String, output_key String, output_value String))))') AS b
SELECT
    tenant,
    kind,
    b.plugin_name AS plugin_name,
    b.version AS version,
    fromUnixTimestamp64Milli(nullIf(b.op_time, 0), 'UTC') AS op_at,
    b.answer.data AS outputs,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('plugin_outputs', 'plugin_metrics');

-- Every observed state of the basic plug-ins (4.9.15).
CREATE TABLE IF NOT EXISTS basic_plugin_states
(
    tenant           LowCardinality(String),
    plugin_name      String,
    display_name     String,
    description      String,
    icon_url         String,
    attribution      LowCardinality(String),
    publisher_id     String,
    manifest_version LowCardinality(String),
    op               LowCardinality(String),
    observed_at      DateTime64(3, 'UTC'),
    ver              UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, plugin_name, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS basic_plugin_states_mv TO basic_plugin_states AS
WITH JSONExtract(body, 'Tuple(
    display_name String,
    plugin_attribution String,
    icon_url String,
    description String,
    publisher_id String,
    manifest_version String)') AS b
SELECT
    tenant,
    id AS plugin_name,
    b.display_name AS display_name,
    b.description AS description,
    b.icon_url AS icon_url,
    b.plugin_attribution AS attribution,
    b.publisher_id AS publisher_id,
    b.manifest_version AS manifest_version,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind = 'basic_plugin';

-- Every observed detail of a version of a basic plug-in (4.9.30). The document's
-- example has the script as execution_type and the shell as execution_target.
CREATE TABLE IF NOT EXISTS basic_plugin_detail_states
(
    tenant              LowCardinality(String),
    plugin_name         String,
    version             String,
    display_name        String,
    type                LowCardinality(String),
    business_type       LowCardinality(String),
    description         String,
    version_description String,
    inputs              Array(Tuple(name String, type String, label String, description String, default_value String, required Bool, validation Tuple(required_message Nullable(String), regex Nullable(String), regex_message Nullable(String), max_length Nullable(Int64), min_length Nullable(Int64)))),
    outputs             Array(Tuple(name String, type String, description String)),
    execution_type      String,
    execution_target    String,
    execution_sha256    String,
    op                  LowCardinality(String),
    observed_at         DateTime64(3, 'UTC'),
    ver                 UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, plugin_name, version, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS basic_plugin_detail_states_mv TO basic_plugin_detail_states AS
WITH JSONExtract(body, 'Tuple(
    type String,
    name String,
    category String,
    description String,
    version String,
    inputs Array(Tuple(name String, type String, label String, description String, default_value String, required Bool, validation Tuple(required_message Nullable(String), regex Nullable(String), regex_message Nullable(String), max_length Nullable(Int64), min_length Nullable(Int64)))),
    outputs Array(Tuple(name String, type String, description String)),
    execution Tuple(type String, target String, sha256 String),
    friendly_name String,
    version_description String)') AS b
SELECT
    tenant,
    b.name AS plugin_name,
    b.version AS version,
    b.friendly_name AS display_name,
    b.type AS type,
    b.category AS business_type,
    b.description AS description,
    b.version_description AS version_description,
    b.inputs AS inputs,
    b.outputs AS outputs,
    b.execution.type AS execution_type,
    b.execution.target AS execution_target,
    b.execution.sha256 AS execution_sha256,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind = 'basic_plugin_detail';

-- What the versions of plug-ins ask for, give and measure, one row each.
CREATE VIEW IF NOT EXISTS plugin_inputs AS
SELECT tenant, plugin_name, version, input.name AS name, input.type AS type, input.label AS label, input.description AS description,
    input.default_value AS default_value, toBool(input.required = 'true') AS is_required, input.validation AS validation, op_at, observed_at, ver
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_input_states FINAL
        ORDER BY ver DESC
        LIMIT 1 BY tenant, plugin_name, version
    )
    WHERE op NOT IN ('deleted', 'expired')
)
ARRAY JOIN inputs AS input;

CREATE VIEW IF NOT EXISTS plugin_outputs AS
SELECT tenant, kind, plugin_name, version, output.output_key AS output_key, output.output_value AS output_value, op_at, observed_at, ver
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM plugin_output_states FINAL
        ORDER BY ver DESC
        LIMIT 1 BY tenant, kind, plugin_name, version
    )
    WHERE op NOT IN ('deleted', 'expired')
)
ARRAY JOIN outputs AS output;

-- The basic plug-ins that are there, with their published versions.
CREATE VIEW IF NOT EXISTS basic_plugins AS
SELECT p.*, l.versions AS published_versions
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM basic_plugin_states FINAL
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
        WHERE kind = 'basic_plugin_version_list'
        ORDER BY ver DESC
        LIMIT 1 BY tenant, plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS l ON l.tenant = p.tenant AND l.plugin_name = p.plugin_name;
