-- What is switched off, or is part of something that is, is enforced neither before nor
-- after: its settings were told as weakened, and so was each setting of what was switched
-- off, beside the switch that says it already.

-- As in 0064_gate_lives.sql. Differences between one observed state of a gate configuration and the next,
-- field by field. The first state of a configuration is no change. Of a part
-- that comes or goes only that is said, not each of its fields. Weaker and stronger
-- are only said where every switch above is on before and after: of what is switched
-- off or on the outermost switch says it, once.
-- changed_at is the edit's own time where the API says it, else when the change
-- was seen (observed_at); changed_by is '' where nobody knows: the name in the
-- list row of the same version, else the user id in the detail.
CREATE OR REPLACE VIEW gate_changes AS
WITH
    -- Whether a switch decides if a setting counts: that of a check, a rule or a package, of the
    -- configuration or the rule that it is a part of, or of a part of an open-source policy.
    (s, item, field) -> multiIf(
        s.item = item AND s.field = field, false,
        s.field IN ('checked', 'enable', 'is_valid'), s.item IN ('', item) OR s.field = 'is_valid' AND startsWith(item, concat(s.item, '/')),
        s.field = 'version_set', item != '',
        s.field = 'security', match(field, '^(severity|cve)'),
        field = concat(s.field, ' values')) AS governs,
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
            arrayFilter(s -> has(items, s.item), all_settings) AS settings,
            arrayFilter(s -> s.relation = 'switch' AND s.value = 'false' AND s.field != 'exists', arrayConcat(all_before, all_settings)) AS off
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
            arrayExists(s -> governs(s, key.1, key.2), off) AS idle,
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
        f.idle, 'changed',
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
