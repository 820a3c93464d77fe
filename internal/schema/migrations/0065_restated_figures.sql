-- Why a published figure came out differently. Figures follow from facts, rules and
-- names, and are looked at every hour; what came in between two looks says which of
-- them it was.

-- The last look at each service of which all runs were known then: its figures were as
-- they had been published, by these rules and all facts of the tenant up to the version
-- through; through_all is that of the last look at all days, not the last 90 alone.
CREATE TABLE IF NOT EXISTS confirmed_figures
(
    tenant        LowCardinality(String),
    project_id    LowCardinality(String),
    service       String,
    environment   LowCardinality(String),
    confirmed_at  DateTime64(3, 'UTC'),
    rules_version LowCardinality(String),
    through       UInt64,
    through_all   UInt64
)
ENGINE = ReplacingMergeTree(confirmed_at)
ORDER BY (tenant, project_id, service, environment);

-- Of a figure that is published again: the rules of the last look before, and the
-- facts that bear on its day and were stored since. NULL: nobody looked before.
ALTER TABLE published_figures
    ADD COLUMN IF NOT EXISTS rules_before LowCardinality(String),
    ADD COLUMN IF NOT EXISTS late_deployments Nullable(UInt64),
    ADD COLUMN IF NOT EXISTS late_incidents Nullable(UInt64),
    ADD COLUMN IF NOT EXISTS late_commits Nullable(UInt64);

-- Figures that changed after they had been published: what was said before and
-- since when, what is said now, and why. Rules: other deployment rules are in force,
-- and no fact of that day was stored meanwhile. Late data: facts of that day were.
-- Rules and late data: both. Names or other data: neither is known, so a pipeline,
-- project or group was renamed, or what was stored is farther away from the day, such
-- as a deployment before it. Rules or late data: what was stored meanwhile is not
-- known, as an earlier program published the figure. rules_changed names the rules by which the two
-- rule sets differ. Equal publications of two loaders are no change.
CREATE OR REPLACE VIEW restatements AS
WITH
    text -> arrayMap((r, i) -> (if(JSONExtractString(r, 'name') = '', concat('#', toString(i)), JSONExtractString(r, 'name')), r), JSONExtractArrayRaw(text, 'rules'), arrayEnumerate(JSONExtractArrayRaw(text, 'rules'))) AS rules_of,
    (word, names) -> if(empty(names), '', concat(word, ' ', arrayStringConcat(names, ', '))) AS listed,
    (
        SELECT mapFromArrays(groupArray(version), groupArray(rules))
        FROM (SELECT version, any(rules) AS rules FROM (SELECT version, rules FROM deployment_rule_sets UNION ALL SELECT version, rules FROM built_in_deployment_rules) GROUP BY version)
    ) AS texts
SELECT
    tenant, project_id, service, environment, metric, day,
    before.2 AS value_before, before.3 AS n_before, before.4 AS published_before,
    value, n, published_at AS restated_at,
    late_deployments + late_incidents + late_commits AS late,
    multiIf(
        other_rules AND late IS NULL, 'rules or late data',
        other_rules, if(late > 0, 'rules and late data', 'rules'),
        ifNull(late = 0, false), 'names or other data',
        'late data') AS reason,
    known_rules AS rules_before, rules_version, late_deployments, late_incidents, late_commits,
    if(NOT other_rules OR texts[known_rules] = '' OR texts[CAST(rules_version, 'String')] = '', '', arrayStringConcat(arrayFilter(t -> t != '', [
        listed('added', arrayMap(r -> r.1, arrayFilter(r -> NOT has(old.1, r.1), new))),
        listed('removed', arrayMap(r -> r.1, arrayFilter(r -> NOT has(new.1, r.1), old))),
        listed('changed', arrayConcat(
            arrayMap(r -> r.1, arrayFilter(r -> has(old.1, r.1) AND NOT has(old.2, r.2), new)),
            arrayFilter(key -> JSONExtractRaw(texts[known_rules], key) != JSONExtractRaw(texts[CAST(rules_version, 'String')], key), ['attribution_ms', 'rollback_ms', 'zone', 'markers']),
            if(old.2 != new.2 AND arraySort(old.2) = arraySort(new.2), ['the order of the rules'], [])))]), '; ')) AS rules_changed
FROM
(
    SELECT *, rules_of(texts[known_rules]) AS old, rules_of(texts[CAST(rules_version, 'String')]) AS new
    FROM
    (
        SELECT
            *,
            lagInFrame((true, value, n, published_at, CAST(rules_version, 'String'))) OVER life AS before,
            if(rules_before != '', CAST(rules_before, 'String'), before.5) AS known_rules,
            known_rules != rules_version AS other_rules
        FROM published_figures FINAL
        WINDOW life AS (PARTITION BY tenant, project_id, service, environment, metric, day ORDER BY published_at ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    WHERE before.1 AND (n != before.3 OR ifNull(value, -1) != ifNull(before.2, -1))
);
