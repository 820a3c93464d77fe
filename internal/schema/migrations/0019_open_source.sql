-- Every observed detail of an open-source governance policy of the tenant
-- (CodeArts Pipeline API Reference 4.7.3, project_id '') or of a project
-- (4.8.1). The API spells the last editor update. The license rules stand in
-- the content; one printed example has them inside of security.
CREATE TABLE IF NOT EXISTS open_source_states
(
    tenant           LowCardinality(String),
    project_id       LowCardinality(String),
    policy_id        String,
    name             String,
    level            LowCardinality(String),
    version          String,
    parent_id        String,
    is_valid         Nullable(Bool),
    is_public        Nullable(Bool),
    versions_enabled Nullable(Bool),
    version_rules    Array(Tuple(enable Bool, ecosystem String, package_name String, package_version String, description String, predicate String)),
    security_enabled Nullable(Bool),
    severity_enabled Nullable(Bool),
    severities       Array(String),
    cve_enabled      Nullable(Bool),
    cves             Array(String),
    license_enabled  Nullable(Bool),
    license_rules    Array(Tuple(predicate String, values Array(String))),
    creator          LowCardinality(String),
    create_text      String,
    created_at       Nullable(DateTime64(3, 'UTC')),
    updater          LowCardinality(String),
    update_text      String,
    updated_at       Nullable(DateTime64(3, 'UTC')),
    op               LowCardinality(String),
    observed_at      DateTime64(3, 'UTC'),
    ver              UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, policy_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS open_source_states_mv TO open_source_states AS
WITH
    JSONExtract(body, 'Tuple(
        name String,
        level String,
        version String,
        parent_id String,
        is_valid Nullable(Bool),
        is_public Nullable(Bool),
        content Tuple(
            version_set Tuple(
                enable Nullable(Bool),
                rules Array(Tuple(enable Bool, ecosystem String, package_name String, package_version String, description String, predicate String))),
            security Tuple(
                enable Nullable(Bool),
                rules Tuple(
                    severity Tuple(enable Nullable(Bool), values Array(String)),
                    cve Tuple(enable Nullable(Bool), values Array(String))),
                license Tuple(enable Nullable(Bool), rules Array(Tuple(predicate String, values Array(String))))),
            license Tuple(enable Nullable(Bool), rules Array(Tuple(predicate String, values Array(String))))),
        creator String,
        create_time String,
        updater String,
        update String,
        update_time String)') AS b,
    if(zone = '', '+08:00', zone) AS utc_offset
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    id AS policy_id,
    b.name AS name,
    b.level AS level,
    b.version AS version,
    b.parent_id AS parent_id,
    b.is_valid AS is_valid,
    b.is_public AS is_public,
    b.content.version_set.enable AS versions_enabled,
    b.content.version_set.rules AS version_rules,
    b.content.security.enable AS security_enabled,
    b.content.security.rules.severity.enable AS severity_enabled,
    arrayFilter(v -> v != '', b.content.security.rules.severity.values) AS severities,
    b.content.security.rules.cve.enable AS cve_enabled,
    arrayFilter(v -> v != '', b.content.security.rules.cve.values) AS cves,
    ifNull(b.content.license.enable, b.content.security.license.enable) AS license_enabled,
    if(b.content.license.enable IS NULL, b.content.security.license.rules, b.content.license.rules) AS license_rules,
    b.creator AS creator,
    b.create_time AS create_text,
    if(b.create_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.create_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.create_time, concat(b.create_time, utc_offset)), 3, 'UTC')) AS created_at,
    if(b.update = '', b.updater, b.update) AS updater,
    b.update_time AS update_text,
    if(b.update_time = '', NULL, parseDateTime64BestEffortOrNull(if(match(b.update_time, '(Z|[+-][0-9][0-9]:?[0-9][0-9])$'), b.update_time, concat(b.update_time, utc_offset)), 3, 'UTC')) AS updated_at,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind = 'open_source_rule_set_detail';

-- The policies that are there: the list row with who and when, and the
-- switches and lists of the newest detail. detail_version is '' until the
-- detail is known.
CREATE VIEW IF NOT EXISTS open_source_policies AS
SELECT
    c.tenant AS tenant,
    c.project_id AS project_id,
    c.config_id AS policy_id,
    c.name AS name,
    c.level AS level,
    c.version AS version,
    c.is_valid AS is_valid,
    c.is_public AS is_public,
    c.is_legacy AS is_legacy,
    c.operator AS operator,
    c.operated_at AS operated_at,
    d.version AS detail_version,
    d.versions_enabled AS versions_enabled,
    d.version_rules AS version_rules,
    d.security_enabled AS security_enabled,
    d.severity_enabled AS severity_enabled,
    d.severities AS severities,
    d.cve_enabled AS cve_enabled,
    d.cves AS cves,
    d.license_enabled AS license_enabled,
    d.license_rules AS license_rules,
    d.creator AS creator,
    d.created_at AS created_at,
    d.updater AS updater,
    d.updated_at AS updated_at,
    c.op AS op,
    c.observed_at AS observed_at,
    c.ver AS ver
FROM
(
    SELECT * FROM configs WHERE kind = 'open_source_rule_set'
) AS c
LEFT JOIN
(
    SELECT *
    FROM open_source_states FINAL
    ORDER BY ver DESC
    LIMIT 1 BY tenant, project_id, policy_id
) AS d ON d.tenant = c.tenant AND d.project_id = c.project_id AND d.policy_id = c.config_id;
