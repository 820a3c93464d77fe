-- What a gate configuration is made of is computed once, when a state of it is stored,
-- not by each panel that looks at gates.

-- settings is the state as gate_lives has it: a list of its settings. What they say
-- is said there.
ALTER TABLE rule_states
    ADD COLUMN IF NOT EXISTS settings Array(Tuple(parent String, item String, label String, field String, relation String, value String))
    MATERIALIZED arrayMap(
        raw -> arrayMap((s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6), raw, arrayEnumerateUniq(raw.2, raw.4)),
        [
            arrayConcat(
                [
                    ('', '', '', 'exists', 'switch', 'true'),
                    ('', '', '', 'name', '', name),
                    ('', '', '', 'type', '', toString(type)),
                    ('', '', '', 'plugin', '', concat(plugin_id, ' ', plugin_version)),
                    ('', '', '', 'is_valid', 'switch', ifNull(toString(is_valid), ''))],
                arrayFlatten(arrayMap(g -> arrayConcat(
                    [
                        ('', g.group_name, g.group_name, 'exists', 'switch', 'true'),
                        ('', g.group_name, g.group_name, 'can_modify_when_inherit', '', toString(g.can_modify_when_inherit))],
                    arrayFlatten(arrayMap(p -> [
                        (g.group_name, concat(g.group_name, '/', p.key), concat(g.group_name, ' / ', if(p.name = '', p.key, p.name)), 'exists', 'switch', 'true'),
                        (g.group_name, concat(g.group_name, '/', p.key), concat(g.group_name, ' / ', if(p.name = '', p.key, p.name)), 'value', multiIf(p.operator IN ('≤', '<=', '<'), 'max', p.operator IN ('≥', '>=', '>'), 'min', ''), p.value),
                        (g.group_name, concat(g.group_name, '/', p.key), concat(g.group_name, ' / ', if(p.name = '', p.key, p.name)), 'operator', '', p.operator)],
                        g.properties))),
                    content)))
        ])[1];
ALTER TABLE rule_states MATERIALIZE COLUMN settings;

ALTER TABLE rule_set_states
    ADD COLUMN IF NOT EXISTS settings Array(Tuple(parent String, item String, label String, field String, relation String, value String))
    MATERIALIZED arrayMap(
        raw -> arrayMap((s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6), raw, arrayEnumerateUniq(raw.2, raw.4)),
        [
            arrayConcat(
                [
                    ('', '', '', 'exists', 'switch', 'true'),
                    ('', '', '', 'name', '', name),
                    ('', '', '', 'is_valid', 'switch', ifNull(toString(is_valid), ''))],
                arrayFlatten(arrayMap(r -> arrayConcat(
                    [
                        ('', r.id, r.name, 'exists', 'switch', 'true'),
                        ('', r.id, r.name, 'is_valid', 'switch', ifNull(toString(r.is_valid), '')),
                        ('', r.id, r.name, 'plugin', '', concat(r.plugin_id, ' ', r.plugin_version))],
                    arrayFlatten(arrayMap(g -> arrayConcat(
                        [
                            (r.id, concat(r.id, '/', g.group_name), concat(r.name, ' / ', g.group_name), 'exists', 'switch', 'true'),
                            (r.id, concat(r.id, '/', g.group_name), concat(r.name, ' / ', g.group_name), 'can_modify_when_inherit', '', toString(g.can_modify_when_inherit))],
                        arrayFlatten(arrayMap(p -> [
                            (concat(r.id, '/', g.group_name), concat(r.id, '/', g.group_name, '/', p.key), concat(r.name, ' / ', if(p.name = '', p.key, p.name)), 'exists', 'switch', 'true'),
                            (concat(r.id, '/', g.group_name), concat(r.id, '/', g.group_name, '/', p.key), concat(r.name, ' / ', if(p.name = '', p.key, p.name)), 'value', multiIf(p.operator IN ('≤', '<=', '<'), 'max', p.operator IN ('≥', '>=', '>'), 'min', ''), p.value),
                            (concat(r.id, '/', g.group_name), concat(r.id, '/', g.group_name, '/', p.key), concat(r.name, ' / ', if(p.name = '', p.key, p.name)), 'operator', '', p.operator)],
                            g.properties))),
                        r.content))),
                    rule_instances)))
        ])[1];
ALTER TABLE rule_set_states MATERIALIZE COLUMN settings;

ALTER TABLE open_source_states
    ADD COLUMN IF NOT EXISTS settings Array(Tuple(parent String, item String, label String, field String, relation String, value String))
    MATERIALIZED arrayMap(
        raw -> arrayMap((s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6), raw, arrayEnumerateUniq(raw.2, raw.4)),
        [
            arrayConcat(
                [
                    ('', '', '', 'exists', 'switch', 'true'),
                    ('', '', '', 'name', '', name),
                    ('', '', '', 'is_valid', 'switch', ifNull(toString(is_valid), '')),
                    ('', '', '', 'version_set', 'switch', ifNull(toString(versions_enabled), '')),
                    ('', '', '', 'security', 'switch', ifNull(toString(security_enabled), '')),
                    ('', '', '', 'severity', 'switch', ifNull(toString(severity_enabled), '')),
                    ('', '', '', 'severity values', 'set', arrayStringConcat(arraySort(severities), ', ')),
                    ('', '', '', 'cve', 'switch', ifNull(toString(cve_enabled), '')),
                    ('', '', '', 'cve values', 'set', arrayStringConcat(arraySort(cves), ', ')),
                    ('', '', '', 'license', 'switch', ifNull(toString(license_enabled), '')),
                    ('', '', '', 'license rules', '', arrayStringConcat(arrayMap(r -> concat(r.predicate, ': ', arrayStringConcat(arraySort(r.values), ', ')), license_rules), '; '))],
                arrayFlatten(arrayMap(r -> [
                    ('', concat(r.ecosystem, ':', r.package_name), concat(r.ecosystem, ':', r.package_name), 'exists', 'switch', 'true'),
                    ('', concat(r.ecosystem, ':', r.package_name), concat(r.ecosystem, ':', r.package_name), 'enable', 'switch', toString(r.enable)),
                    ('', concat(r.ecosystem, ':', r.package_name), concat(r.ecosystem, ':', r.package_name), 'version', '', concat(r.predicate, ' ', r.package_version))],
                    version_rules)))
        ])[1];
ALTER TABLE open_source_states MATERIALIZE COLUMN settings;

-- As in 0064_gate_lives.sql. Each observed state as a list of settings. An item is a part of the
-- configuration (a check, a rule of a set, a threshold, a package); '' is the
-- configuration itself. parent is the item that it belongs to, label its name
-- for people; of several items of one name the second has '#2' behind it.
-- relation says how two values compare: switch (true is stronger), min (a higher
-- value is stronger), max (a lower one is), set (the vulnerabilities that are
-- looked for: more are stronger) or '' (no order). Every item has a setting
-- "exists". who is the user id that the state itself names.
-- gone says that the configuration is not there in that state, which has nothing
-- but "exists" then; one that comes back has the settings that it had. full is 0
-- for a list row, which tells when it goes and comes back.
CREATE OR REPLACE VIEW gate_lives AS
SELECT
    * EXCEPT (stated, last_stated),
    if(gone, CAST([('', '', '', 'exists', 'switch', 'false')], 'Array(Tuple(parent String, item String, label String, field String, relation String, value String))'), last_stated) AS settings
FROM
(
    SELECT *, argMaxIf(stated, ver, full AND NOT gone) OVER (PARTITION BY tenant, project_id, kind, config_id ORDER BY ver ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS last_stated
    FROM
    (
        SELECT *, op IN ('deleted', 'expired') AS gone
        FROM
        (
            SELECT
                * EXCEPT raw,
                arrayMap((s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6), raw, arrayEnumerateUniq(raw.2, raw.4))
                    ::Array(Tuple(parent String, item String, label String, field String, relation String, value String)) AS stated,
                1 AS full
            FROM
            (
                SELECT
                    tenant,
                    project_id,
                    'gate' AS kind,
                    gate_id AS config_id,
                    'code check gate' AS config_name,
                    '' AS version,
                    '' AS who,
                    '' AS edit_text,
                    CAST(NULL, 'Nullable(DateTime64(3, \'UTC\'))') AS edited_at,
                    any(gate_history.op) AS op,
                    any(gate_history.observed_at) AS observed_at,
                    ver,
                    arrayConcat(
                        [('', '', '', 'exists', 'switch', 'true')],
                        arrayFlatten(arrayMap(i -> [
                            ('', i.2, i.2, 'exists', 'switch', 'true'),
                            ('', i.2, i.2, 'value', multiIf(i.3 IN ('≤', '<=', '<'), 'max', i.3 IN ('≥', '>=', '>'), 'min', ''), ifNull(toString(i.5), '')),
                            ('', i.2, i.2, 'compare', '', i.3),
                            ('', i.2, i.2, 'checked', 'switch', toString(i.4))],
                            arraySort(groupArray((position, toString(name), toString(compare_type), is_check, value)))))) AS raw
                FROM gate_history FINAL
                GROUP BY tenant, project_id, gate_id, ver
                UNION ALL
                SELECT
                    tenant, project_id, 'gate' AS kind, gate_id AS config_id, 'code check gate' AS config_name, '' AS version, '' AS who, '' AS edit_text, NULL AS edited_at, op, observed_at, ver,
                    [('', '', '', 'exists', 'switch', 'true')] AS raw
                FROM empty_gate_states FINAL
            )
            UNION ALL
            SELECT tenant, '' AS project_id, 'rule' AS kind, rule_id AS config_id, name AS config_name, version, updater AS who, update_text AS edit_text, updated_at AS edited_at, op, observed_at, ver, settings AS stated, 1 AS full
            FROM rule_states FINAL
            UNION ALL
            SELECT tenant, project_id, 'rule_set' AS kind, rule_set_id AS config_id, name AS config_name, version, updater AS who, update_text AS edit_text, updated_at AS edited_at, op, observed_at, ver, settings AS stated, 1 AS full
            FROM rule_set_states FINAL
            UNION ALL
            SELECT tenant, project_id, 'open_source_rule_set' AS kind, policy_id AS config_id, name AS config_name, version, updater AS who, update_text AS edit_text, updated_at AS edited_at, op, observed_at, ver, settings AS stated, 1 AS full
            FROM open_source_states FINAL
            UNION ALL
            SELECT tenant, project_id, kind, config_id, name AS config_name, version, '' AS who, '' AS edit_text, NULL AS edited_at, op, observed_at, ver, [] AS stated, 0 AS full
            FROM config_edits FINAL
            WHERE op IN ('deleted', 'expired', 'restored')
        )
        WHERE op != 'missing'
    )
)
WHERE notEmpty(last_stated);
