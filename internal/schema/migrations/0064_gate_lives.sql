-- Gate configurations of hundreds of settings: neither the life of one nor its
-- changes hold each setting against each other one any more, which took minutes and
-- gigabytes for a rule set of thirty rules.

-- As in 0047_gate_lives.sql. Each observed state as a list of settings. An item is a part of the
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
WITH if(gone, [('', '', '', 'exists', 'switch', 'false')], last_raw) AS held
SELECT
    * EXCEPT (raw, last_raw),
    arrayMap(
        (s, n) -> (s.1, if(n = 1, s.2, concat(s.2, '#', toString(n))), s.3, s.4, s.5, s.6),
        held,
        arrayEnumerateUniq(held.2, held.4))
        ::Array(Tuple(parent String, item String, label String, field String, relation String, value String)) AS settings
FROM
(
    SELECT *, argMaxIf(raw, ver, full AND NOT gone) OVER (PARTITION BY tenant, project_id, kind, config_id ORDER BY ver ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS last_raw
    FROM
    (
        SELECT *, op IN ('deleted', 'expired') AS gone
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
                        arraySort(groupArray((position, toString(name), toString(compare_type), is_check, value)))))) AS raw,
                1 AS full
            FROM gate_history FINAL
            GROUP BY tenant, project_id, gate_id, ver
            UNION ALL
            SELECT
                tenant,
                '' AS project_id,
                'rule' AS kind,
                rule_id AS config_id,
                name AS config_name,
                version,
                updater AS who,
                update_text AS edit_text,
                updated_at AS edited_at,
                op,
                observed_at,
                ver,
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
                        content))) AS raw,
                1 AS full
            FROM rule_states FINAL
            UNION ALL
            SELECT
                tenant,
                project_id,
                'rule_set' AS kind,
                rule_set_id AS config_id,
                name AS config_name,
                version,
                updater AS who,
                update_text AS edit_text,
                updated_at AS edited_at,
                op,
                observed_at,
                ver,
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
                        rule_instances))) AS raw,
                1 AS full
            FROM rule_set_states FINAL
            UNION ALL
            SELECT
                tenant,
                project_id,
                'open_source_rule_set' AS kind,
                policy_id AS config_id,
                name AS config_name,
                version,
                updater AS who,
                update_text AS edit_text,
                updated_at AS edited_at,
                op,
                observed_at,
                ver,
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
                        version_rules))) AS raw,
                1 AS full
            FROM open_source_states FINAL
            UNION ALL
            SELECT
                tenant, project_id, 'gate' AS kind, gate_id AS config_id, 'code check gate' AS config_name, '' AS version, '' AS who, '' AS edit_text, NULL AS edited_at, op, observed_at, ver,
                [('', '', '', 'exists', 'switch', 'true')] AS raw, 1 AS full
            FROM empty_gate_states FINAL
            UNION ALL
            SELECT tenant, project_id, kind, config_id, name AS config_name, version, '' AS who, '' AS edit_text, NULL AS edited_at, op, observed_at, ver, [] AS raw, 0 AS full
            FROM config_edits FINAL
            WHERE op IN ('deleted', 'expired', 'restored')
        )
        WHERE op != 'missing'
    )
)
WHERE notEmpty(last_raw);

-- As in 0020_gate_changes.sql. Differences between one observed state of a gate configuration and the next,
-- field by field. The first state of a configuration is no change. Of a part
-- that comes or goes only that is said, not each of its fields.
-- changed_at is the edit's own time where the API says it, else when the change
-- was seen (observed_at); changed_by is '' where nobody knows: the name in the
-- list row of the same version, else the user id in the detail.
CREATE OR REPLACE VIEW gate_changes AS
WITH
    states AS
    (
        SELECT
            * EXCEPT settings,
            settings AS all_settings,
            lagInFrame(settings) OVER config AS all_before,
            lagInFrame(version) OVER config AS version_before,
            lagInFrame(edit_text) OVER config AS edit_before,
            row_number() OVER config AS number
        FROM gate_lives
        WINDOW config AS (PARTITION BY tenant, project_id, kind, config_id ORDER BY ver ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    ),
    pairs AS
    (
        -- Of hundreds of settings few differ: only their items and parents are looked at.
        SELECT
            * EXCEPT (all_settings, all_before, differing, items),
            arrayDistinct(arrayMap(s -> (s.1, s.2), differing)) AS keys,
            arrayFilter(s -> has(items, s.item), all_before) AS before,
            arrayFilter(s -> has(items, s.item), all_settings) AS settings
        FROM
        (
            SELECT
                *,
                arraySymmetricDifference(arrayMap(s -> (s.item, s.field, s.value, s.parent), all_settings), arrayMap(s -> (s.item, s.field, s.value, s.parent), all_before)) AS differing,
                arrayDistinct(arrayConcat([''], differing.1, differing.4)) AS items
            FROM states
            WHERE number > 1
        )
    ),
    fields AS
    (
        SELECT
            *,
            key,
            full AND NOT gone AND (version != version_before OR edit_text != edit_before) AS edited,
            arrayFirst(s -> s.item = key.1 AND s.field = key.2, before) AS old,
            arrayFirst(s -> s.item = key.1 AND s.field = key.2, settings) AS new,
            old.field != '' AS in_old,
            new.field != '' AS in_new,
            arrayExists(s -> s.item = key.1, before) AND arrayExists(s -> s.item = key.1, settings) AS item_in_both,
            if(in_new, new.parent, old.parent) AS parent,
            -- what is switched off lets everything pass already, so it does not matter whether it comes or goes
            arrayExists(s -> s.item = key.1 AND s.field != 'exists' AND s.relation = 'switch' AND s.value = 'false', if(in_new, settings, before)) AS was_off,
            arrayExists(s -> s.item = parent, before) AND arrayExists(s -> s.item = parent, settings) AS parent_in_both,
            arrayExists(s -> s.item = '' AND s.value = 'true', before) AND arrayExists(s -> s.item = '' AND s.value = 'true', settings) AS lives,
            if(in_old, old.value, if(key.2 = 'exists', 'false', '')) AS old_value,
            if(in_new, new.value, if(key.2 = 'exists', 'false', '')) AS new_value
        FROM pairs
        ARRAY JOIN keys AS key
    )
SELECT
    f.tenant AS tenant,
    f.project_id AS project_id,
    f.kind AS kind,
    f.config_id AS config_id,
    f.config_name AS config_name,
    if(f.in_new, f.new.label, f.old.label) AS item,
    f.key.2 AS field,
    f.old_value AS old_value,
    f.new_value AS new_value,
    if(f.edited, coalesce(e.operated_at, f.edited_at, f.observed_at), f.observed_at) AS changed_at,
    multiIf(NOT f.edited, '', e.operator != '', e.operator, f.who) AS changed_by,
    multiIf(
        f.key.2 = 'exists' AND f.was_off, 'changed',
        f.key.2 = 'exists' OR f.old.relation = 'switch' AND f.new.relation = 'switch',
            multiIf(f.old_value = 'true' AND f.new_value = 'false', 'weakened', f.old_value = 'false' AND f.new_value = 'true', 'strengthened', 'changed'),
        f.old.relation != f.new.relation OR f.old.relation = '', 'changed',
        f.old.relation = 'set',
            multiIf(
                f.new_value = '' OR f.old_value != '' AND hasAll(splitByString(', ', f.old_value), splitByString(', ', f.new_value)), 'weakened',
                f.old_value = '' OR hasAll(splitByString(', ', f.new_value), splitByString(', ', f.old_value)), 'strengthened',
                'changed'),
        toFloat64OrNull(f.old_value) IS NULL OR toFloat64OrNull(f.new_value) IS NULL OR toFloat64OrNull(f.old_value) = toFloat64OrNull(f.new_value), 'changed',
        (toFloat64OrNull(f.new_value) > toFloat64OrNull(f.old_value)) = (f.new.relation = 'min'), 'strengthened',
        'weakened') AS direction,
    f.observed_at AS observed_at,
    f.ver AS ver
FROM fields AS f
LEFT JOIN
(
    SELECT tenant, project_id, kind, config_id, version, toString(argMax(config_edits.operator, config_edits.ver)) AS operator, argMax(config_edits.operated_at, config_edits.ver) AS operated_at
    FROM config_edits FINAL
    WHERE version != ''
    GROUP BY tenant, project_id, kind, config_id, version
) AS e ON e.tenant = f.tenant AND e.project_id = f.project_id AND e.kind = f.kind AND e.config_id = f.config_id AND e.version = f.version
WHERE f.old_value != f.new_value
    AND (
        f.key = ('', 'exists')
        OR f.lives AND f.key.2 = 'exists' AND f.parent_in_both
        OR f.lives AND f.key.2 != 'exists' AND f.item_in_both);
