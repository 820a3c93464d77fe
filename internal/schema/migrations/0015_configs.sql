-- Templates, rules, rule sets and open-source policies. Each is two entities:
-- the row of its list, which is cheap and says who edited it and when, and its
-- detail, which says what it holds. The projections of these kinds keep every
-- observed state; what holds now is a view on the newest.
CREATE TABLE IF NOT EXISTS config_events AS events ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS config_events_mv TO config_events AS
SELECT * FROM events WHERE kind IN ('template', 'template_detail', 'rule', 'rule_detail', 'rule_set', 'rule_set_detail', 'open_source_rule_set', 'open_source_rule_set_detail');

-- Every observed list row of rules (CodeArts Pipeline API Reference 4.4.2),
-- rule sets (4.5.4, 4.6.1) and open-source policies (4.7.4, 4.8.2). operator
-- is a name where the details have ids. project_id is '' for what belongs to
-- the tenant. type is a rule's, level and the rest a rule set's.
CREATE TABLE IF NOT EXISTS config_edits
(
    tenant      LowCardinality(String),
    project_id  LowCardinality(String),
    kind        LowCardinality(String),
    config_id   String,
    name        String,
    version     String,
    operator    LowCardinality(String),
    operated_at Nullable(DateTime64(3, 'UTC')),
    type        LowCardinality(String),
    level       LowCardinality(String),
    is_valid    Nullable(Bool),
    is_public   Nullable(Bool),
    is_legacy   Nullable(Bool),
    op          LowCardinality(String),
    observed_at DateTime64(3, 'UTC'),
    ver         UInt64
)
ENGINE = ReplacingMergeTree(ver)
ORDER BY (tenant, project_id, kind, config_id, ver);

CREATE MATERIALIZED VIEW IF NOT EXISTS config_edits_mv TO config_edits AS
WITH JSONExtract(body, 'Tuple(
    name String,
    version String,
    operator String,
    operate_time Int64,
    type String,
    level String,
    is_valid Nullable(Bool),
    is_public Nullable(Bool),
    is_legacy Nullable(Bool))') AS b
SELECT
    tenant,
    if(scope = '_tenant', '', scope) AS project_id,
    kind,
    id AS config_id,
    b.name AS name,
    b.version AS version,
    b.operator AS operator,
    fromUnixTimestamp64Milli(nullIf(b.operate_time, 0), 'UTC') AS operated_at,
    b.type AS type,
    b.level AS level,
    b.is_valid AS is_valid,
    b.is_public AS is_public,
    b.is_legacy AS is_legacy,
    op,
    observed_at,
    bitShiftLeft(toUInt64(epoch), 48) + seq AS ver
FROM config_events
WHERE kind IN ('rule', 'rule_set', 'open_source_rule_set');

-- The newest of them, of what is there.
CREATE VIEW IF NOT EXISTS configs AS
SELECT *
FROM
(
    SELECT *
    FROM config_edits FINAL
    ORDER BY ver DESC
    LIMIT 1 BY tenant, project_id, kind, config_id
)
WHERE op NOT IN ('deleted', 'expired');
