-- Publishers and plug-ins. The projections keep every observed state; what holds
-- now is a view on the newest. Two APIs about the same thing are two entities,
-- told apart by kind.
CREATE TABLE IF NOT EXISTS extension_events AS events ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS extension_events_mv TO extension_events AS
SELECT * FROM events WHERE kind IN ('publisher', 'available_publisher', 'publisher_detail', 'stage_plugin', 'optional_plugin', 'plugin', 'plugin_version', 'plugin_version_detail', 'plugin_version_list', 'plugin_metrics', 'plugin_inputs', 'plugin_outputs', 'basic_plugin', 'basic_plugin_detail', 'basic_plugin_version_list');

-- Every observed state of a publisher: of the list (CodeArts Pipeline API
-- Reference 4.9.12), among those under which the tenant may publish (4.9.13),
-- and of the details (4.9.25). The form of last_update_time is not documented,
-- so it stays a text.
CREATE TABLE IF NOT EXISTS publisher_states
(
    tenant       LowCardinality(String),
    kind         LowCardinality(String),
    publisher_id String,
    name         String,
    en_name      String,
    description  String,
    logo_url     String,
    website      String,
    support_url  String,
    source_url   String,
    auth_status  LowCardinality(String),
    is_delete    Nullable(Bool),
    user_id      LowCardinality(String),
    domain_id    LowCardinality(String),
    updater_id   LowCardinality(String),
    updater_name LowCardinality(String),
    update_text  String,
    op           LowCardinality(String),
    observed_at  DateTime64(3, 'UTC'),
    ver          UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, publisher_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS publisher_states_mv TO publisher_states AS
WITH JSONExtract(body, 'Tuple(
    user_id String,
    tenant_id String,
    description String,
    logo_url String,
    website String,
    support_url String,
    source_url String,
    en_name String,
    name String,
    auth_status String,
    is_delete Nullable(Int32),
    last_update_user_name String,
    last_update_user_id String,
    last_update_time String)') AS b
SELECT
    tenant,
    kind,
    id AS publisher_id,
    b.name AS name,
    b.en_name AS en_name,
    b.description AS description,
    b.logo_url AS logo_url,
    b.website AS website,
    b.support_url AS support_url,
    b.source_url AS source_url,
    b.auth_status AS auth_status,
    b.is_delete != 0 AS is_delete,
    b.user_id AS user_id,
    b.tenant_id AS domain_id,
    b.last_update_user_id AS updater_id,
    b.last_update_user_name AS updater_name,
    b.last_update_time AS update_text,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('publisher', 'available_publisher', 'publisher_detail');

-- Every observed state of a plug-in that may be put into a stage (4.9.14) or that
-- a pipeline may use (4.9.16), in its group. standard is of 4.9.14; location,
-- publisher_id and manifest_version are of 4.9.16.
CREATE TABLE IF NOT EXISTS stage_plugin_states
(
    tenant                 LowCardinality(String),
    kind                   LowCardinality(String),
    business_type          LowCardinality(String),
    plugin_name            String,
    group_id               LowCardinality(String),
    group_name             LowCardinality(String),
    is_group_editable      Nullable(Bool),
    is_group_removable     Nullable(Bool),
    is_group_cloneable     Nullable(Bool),
    is_group_disabled      Nullable(Bool),
    conditions             Array(String),
    unique_id              String,
    display_name           String,
    description            String,
    is_disabled            Nullable(Bool),
    attribution            LowCardinality(String),
    composition_type       LowCardinality(String),
    runtime_attribution    LowCardinality(String),
    version_attribution    LowCardinality(String),
    icon_url               String,
    is_multi_step_editable Nullable(Bool),
    is_standard            Nullable(Bool),
    location               LowCardinality(String),
    publisher_id           String,
    manifest_version       LowCardinality(String),
    op                     LowCardinality(String),
    observed_at            DateTime64(3, 'UTC'),
    ver                    UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, kind, business_type, plugin_name, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS stage_plugin_states_mv TO stage_plugin_states AS
WITH JSONExtract(body, 'Tuple(
    group Tuple(business_type String, display_name String, unique_id String, editable Nullable(Bool), removable Nullable(Bool), cloneable Nullable(Bool), disabled Nullable(Bool), conditions Array(String)),
    plugin Tuple(unique_id String, display_name String, plugin_name String, disabled Nullable(Bool), group_name String, group_type String, plugin_attribution String, plugin_composition_type String, runtime_attribution String, description String, version_attribution String, icon_url String, multi_step_editable Nullable(Int32), standard Nullable(Bool), location String, publisher_unique_id String, manifest_version String))') AS b
SELECT
    tenant,
    kind,
    b.group.business_type AS business_type,
    b.plugin.plugin_name AS plugin_name,
    b.group.unique_id AS group_id,
    b.group.display_name AS group_name,
    b.group.editable AS is_group_editable,
    b.group.removable AS is_group_removable,
    b.group.cloneable AS is_group_cloneable,
    b.group.disabled AS is_group_disabled,
    b.group.conditions AS conditions,
    b.plugin.unique_id AS unique_id,
    b.plugin.display_name AS display_name,
    b.plugin.description AS description,
    b.plugin.disabled AS is_disabled,
    b.plugin.plugin_attribution AS attribution,
    b.plugin.plugin_composition_type AS composition_type,
    b.plugin.runtime_attribution AS runtime_attribution,
    b.plugin.version_attribution AS version_attribution,
    b.plugin.icon_url AS icon_url,
    b.plugin.multi_step_editable != 0 AS is_multi_step_editable,
    b.plugin.standard AS is_standard,
    b.plugin.location AS location,
    b.plugin.publisher_unique_id AS publisher_id,
    b.plugin.manifest_version AS manifest_version,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM extension_events
WHERE kind IN ('stage_plugin', 'optional_plugin');

-- The publishers that are there, and whether the tenant may publish under them.
CREATE VIEW IF NOT EXISTS publishers AS
SELECT p.* EXCEPT (kind), toBool(a.publisher_id != '') AS is_available
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM publisher_states FINAL
        WHERE kind = 'publisher'
        ORDER BY ver DESC
        LIMIT 1 BY tenant, publisher_id
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS p
LEFT JOIN
(
    SELECT *
    FROM
    (
        SELECT *
        FROM publisher_states FINAL
        WHERE kind = 'available_publisher'
        ORDER BY ver DESC
        LIMIT 1 BY tenant, publisher_id
    )
    WHERE op NOT IN ('deleted', 'expired')
) AS a ON a.tenant = p.tenant AND a.publisher_id = p.publisher_id;

-- The plug-ins that a stage (kind stage_plugin) or a pipeline (optional_plugin)
-- may use now.
CREATE VIEW IF NOT EXISTS stage_plugins AS
SELECT *
FROM
(
    SELECT *
    FROM
    (
        SELECT *
        FROM stage_plugin_states FINAL
        ORDER BY ver DESC
        LIMIT 1 BY tenant, kind, business_type, plugin_name
    )
    WHERE op NOT IN ('deleted', 'expired')
);
