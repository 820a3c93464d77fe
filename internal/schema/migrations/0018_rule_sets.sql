-- Every observed detail of a rule set of the tenant (CodeArts Pipeline API
-- Reference 4.5.3, project_id '') or policy of a project (4.6.2), which spells
-- the last editor update. creator and updater are user ids.
CREATE TABLE IF NOT EXISTS rule_set_states
(
    tenant         LowCardinality(String),
    project_id     LowCardinality(String),
    rule_set_id    String,
    name           String,
    type           LowCardinality(String),
    version        String,
    is_valid       Nullable(Bool),
    editable       Nullable(Bool),
    rule_instances Array(Tuple(id String, type String, name String, is_valid Nullable(Bool), version String, plugin_id String, plugin_name String, plugin_version String,
        content Array(Tuple(group_name String, can_modify_when_inherit Bool, properties Array(Tuple(key String, type String, name String, value_type String, value String, operator String)))))),
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
ORDER BY (tenant, project_id, rule_set_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS rule_set_states_mv TO rule_set_states AS
WITH
    JSONExtract(body, 'Tuple(
        name String,
        type String,
        version String,
        is_valid Nullable(Bool),
        editable Nullable(Bool),
        rule_instances Array(Tuple(
            id String,
            type String,
            name String,
            is_valid Nullable(Bool),
            version String,
            plugin_id String,
            plugin_name String,
            plugin_version String,
            content Array(Tuple(
                group_name String,
                can_modify_when_inherit Bool,
                properties Array(Tuple(key String, type String, name String, value_type String, value String, operator String)))))),
        creator String,
        create_time String,
        updater String,
        update String,
        update_time String)') AS b,
    if(zone = '', '+08:00', zone) AS utc_offset
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    id AS rule_set_id,
    b.name AS name,
    b.type AS type,
    b.version AS version,
    b.is_valid AS is_valid,
    b.editable AS editable,
    b.rule_instances AS rule_instances,
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
WHERE kind = 'rule_set_detail';

-- The rule sets that are there: the list row with who and when, and the newest
-- detail. detail_version is '' until the detail is known.
CREATE VIEW IF NOT EXISTS rule_sets AS
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    c.config_id AS rule_set_id,
    c.name AS name,
    c.level AS level,
    c.version AS version,
    c.is_valid AS is_valid,
    c.is_public AS is_public,
    c.operator AS operator,
    c.operated_at AS operated_at,
    d.version AS detail_version,
    d.rule_instances AS rule_instances,
    d.creator AS creator,
    d.created_at AS created_at,
    d.updater AS updater,
    d.updated_at AS updated_at,
    c.op AS op,
    c.observed_at AS observed_at,
    c.ver AS ver
FROM
(
    SELECT * FROM configs WHERE kind = 'rule_set'
) AS c
LEFT JOIN
(
    SELECT *
    FROM rule_set_states FINAL
    ORDER BY ver DESC
    LIMIT 1 BY tenant, project_id, rule_set_id
) AS d ON d.tenant = c.tenant AND d.project_id = c.project_id AND d.rule_set_id = c.config_id;

-- The rules of the rule sets that are there, one row per property; a rule
-- without properties has one row with an empty property_key.
CREATE VIEW IF NOT EXISTS rule_set_rules AS
SELECT
    tenant,
    project_id,
    rule_set_id,
    rule_set,
    rule_set_is_valid,
    instance.id AS rule_id,
    instance.name AS rule,
    instance.type AS type,
    instance.is_valid AS is_valid,
    instance.version AS version,
    instance.plugin_id AS plugin_id,
    instance.plugin_name AS plugin_name,
    instance.plugin_version AS plugin_version,
    groups.group_name AS group_name,
    groups.can_modify_when_inherit AS can_modify_when_inherit,
    property.key AS property_key,
    property.name AS property_name,
    property.operator AS operator,
    property.value AS value,
    property.value_type AS value_type,
    observed_at,
    ver
FROM
(
    SELECT *, groups
    FROM
    (
        SELECT tenant, project_id, rule_set_id, name AS rule_set, is_valid AS rule_set_is_valid, observed_at, ver, instance
        FROM rule_sets
        ARRAY JOIN rule_instances AS instance
    )
    LEFT ARRAY JOIN instance.content AS groups
)
LEFT ARRAY JOIN groups.properties AS property;
