-- The daily figures of the DORA metrics as they were published: when a day is
-- over and no incident can be blamed on it any more, and again each time that
-- one of them comes out differently. It is a ledger, no projection: what was
-- said was said, so no rebuild touches it. value is NULL where there was
-- nothing to count n of; a service that the rules no longer know has n = 0.
-- A day is one of the zone of the rules.
CREATE TABLE IF NOT EXISTS published_figures
(
    tenant        LowCardinality(String),
    project_id    LowCardinality(String),
    service       String,
    environment   LowCardinality(String),
    metric        LowCardinality(String),
    day           Date,
    value         Nullable(Float64),
    n             UInt64,
    rules_version LowCardinality(String),
    published_at  DateTime64(3, 'UTC')
)
ENGINE = ReplacingMergeTree
ORDER BY (tenant, project_id, service, environment, metric, day, published_at);

-- Figures that changed after they had been published: what was said before and
-- since when, what is said now, and why: 'rules' if other deployment rules were
-- in force when it was said, else 'late data', that is, facts of that day that
-- became known later. Equal publications of two loaders are no change.
CREATE VIEW IF NOT EXISTS restatements AS
SELECT
    tenant, project_id, service, environment, metric, day,
    before.2 AS value_before, before.3 AS n_before, before.4 AS published_before,
    value, n, published_at AS restated_at,
    if(rules_version != before.5, 'rules', 'late data') AS reason,
    before.5 AS rules_before, rules_version
FROM
(
    SELECT *, lagInFrame((true, value, n, published_at, CAST(rules_version, 'String'))) OVER life AS before
    FROM published_figures FINAL
    WINDOW life AS (PARTITION BY tenant, project_id, service, environment, metric, day ORDER BY published_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
)
WHERE before.1 AND (n != before.3 OR ifNull(value, -1) != ifNull(before.2, -1));

-- What can not be computed again from other tables is on the disk before an
-- insert is answered: the loader acknowledges its messages then, and they never
-- come again. By itself ClickHouse leaves that to the system, which is up to half
-- a minute of rows when the power fails. Projections are left to it: verify says
-- what they lack, and rebuild makes them anew.
ALTER TABLE events MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE quarantine MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE deployment_rule_sets MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;

ALTER TABLE published_figures MODIFY SETTING fsync_after_insert = 1, fsync_part_directory = 1;
