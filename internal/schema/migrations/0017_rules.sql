-- Every observed detail of a pipeline rule (CodeArts Pipeline API Reference
-- 4.4.1). creator and updater are user ids. Values are texts, as in the API;
-- is_valid and layout_content are not in every answer.
CREATE TABLE IF NOT EXISTS rule_states
(
    tenant         LowCardinality(String),
    rule_id        String,
    type           LowCardinality(String),
    name           String,
    version        String,
    is_valid       Nullable(Bool),
    plugin_id      LowCardinality(String),
    plugin_name    LowCardinality(String),
    plugin_version LowCardinality(String),
    content        Array(Tuple(group_name String, can_modify_when_inherit Bool, properties Array(Tuple(key String, type String, name String, value_type String, value String, operator String)))),
    layout_content String,
    creator        LowCardinality(String),
    create_text    String,
    created_at     Nullable(DateTime64(3, 'UTC')),
    updater        LowCardinality(String),
    update_text    String,
    updated_at     Nullable(DateTime64(3, 'UTC')),
    op             LowCardinality(String),
    observed_at    DateTime64(3, 'UTC'),
    ver            UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, rule_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS rule_states_mv TO rule_states AS
WITH
    JSONExtract(body, 'Tuple(
        type String,
        name String,
        version String,
        is_valid Nullable(Bool),
        plugin_id String,
        plugin_name String,
        plugin_version String,
        content Array(Tuple(
            group_name String,
            can_modify_when_inherit Bool,
            properties Array(Tuple(key String, type String, name String, value_type String, value String, operator String)))),
        layout_content String,
        creator String,
        create_time String,
        updater String,
        update String,
        update_time String)') AS b,
    if(zone = '', '+08:00', zone) AS utc_offset
SELECT
    tenant,
    id AS rule_id,
    b.type AS type,
    b.name AS name,
    b.version AS version,
    b.is_valid AS is_valid,
    b.plugin_id AS plugin_id,
    b.plugin_name AS plugin_name,
    b.plugin_version AS plugin_version,
    b.content AS content,
    b.layout_content AS layout_content,
    b.creator AS creator,
    b.create_time AS create_text,
    if(b.create_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.create_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.create_time, concat(b.create_time, utc_offset)), 3, 'UTC')) AS created_at,
    if(b.updater = '', b.update, b.updater) AS updater,
    b.update_time AS update_text,
    if(b.update_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.update_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.update_time, concat(b.update_time, utc_offset)), 3, 'UTC')) AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'rule_detail';

-- The rules that are there: the list row with who and when, and the newest
-- detail. detail_version is '' until the detail is known.
CREATE VIEW IF NOT EXISTS rules AS
SELECT
    c.tenant AS tenant,
    c.config_id AS rule_id,
    c.type AS type,
    c.name AS name,
    c.version AS version,
    c.operator AS operator,
    c.operated_at AS operated_at,
    d.version AS detail_version,
    d.is_valid AS is_valid,
    d.plugin_id AS plugin_id,
    d.plugin_name AS plugin_name,
    d.plugin_version AS plugin_version,
    d.content AS content,
    d.creator AS creator,
    d.created_at AS created_at,
    d.updater AS updater,
    d.updated_at AS updated_at,
    c.op AS op,
    c.observed_at AS observed_at,
    c.ver AS ver
FROM
(
    SELECT * FROM configs WHERE kind = 'rule'
) AS c
LEFT JOIN
(
    SELECT *
    FROM rule_states FINAL
    ORDER BY ver DESC
    LIMIT 1 BY tenant, rule_id
) AS d ON d.tenant = c.tenant AND d.rule_id = c.config_id;

-- Every property of every observed state of a rule.
CREATE VIEW IF NOT EXISTS rule_properties AS
SELECT
    tenant,
    rule_id,
    name AS rule_name,
    version,
    groups.group_name AS group_name,
    groups.can_modify_when_inherit AS can_modify_when_inherit,
    property.key AS property_key,
    property.name AS property_name,
    property.type AS type,
    property.operator AS operator,
    property.value AS value,
    property.value_type AS value_type,
    updater,
    updated_at,
    op,
    observed_at,
    ver
FROM
(
    SELECT *, groups
    FROM rule_states FINAL
    ARRAY JOIN content AS groups
)
ARRAY JOIN groups.properties AS property;
