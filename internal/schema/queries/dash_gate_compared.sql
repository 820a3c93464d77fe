-- Every state of the gate configurations of the chosen tenants, with its settings
-- against the baseline as of the end of the time range: the configuration of the
-- tenant, or of the chosen project, that is of the same kind and name. compared
-- has the settings of a chosen project; those of a part that only one of the two
-- has are one, "exists". It is empty where nothing is to be compared: without
-- such a baseline, of what is gone, of the tenant and of the baseline's project.
WITH
    (key, list) -> arrayFirst(s -> s.label = key.1 AND s.field = key.2, list) AS found,
    (part, list) -> arrayExists(s -> s.label = part, list) AS has_part,
    texts -> arrayFilter(x -> x != '', splitByString(', ', texts)) AS members,
    (key, b, o, was_off) -> multiIf(
        b.field != '' AND o.field != '' AND b.value = o.value, 'same',
        key.2 = 'exists' AND was_off, 'differs',
        key.2 = 'exists' AND b.field != '', 'weaker',
        key.2 = 'exists', 'stronger',
        b.relation != o.relation OR b.relation = '', 'differs',
        b.relation = 'switch', multiIf(b.value = 'true', 'weaker', o.value = 'true', 'stronger', 'differs'),
        b.relation = 'set', multiIf(hasAll(members(b.value), members(o.value)), 'weaker', hasAll(members(o.value), members(b.value)), 'stronger', 'differs'),
        toFloat64OrNull(b.value) IS NULL OR toFloat64OrNull(o.value) IS NULL OR toFloat64OrNull(b.value) = toFloat64OrNull(o.value), 'differs',
        (toFloat64OrNull(o.value) > toFloat64OrNull(b.value)) = (b.relation = 'min'), 'stronger',
        'weaker') AS effect_of
SELECT
    * EXCEPT (baseline, pairs),
    arrayMap(
        p -> (p.1.1, p.1.2, effect_of(p.1, p.2, p.3, arrayExists(s -> s.label = p.1.1 AND s.relation = 'switch' AND s.field != 'exists' AND s.value = 'false', if(p.3.field != '', settings, baseline))), if(p.2.field = '', 'false', p.2.value), if(p.3.field = '', 'false', p.3.value)),
        arrayFilter(p -> p.2.field != '' AND p.3.field != '' OR p.1.2 = 'exists' AND has_part(p.4, settings) AND has_part(p.4, baseline), pairs))
        ::Array(Tuple(item String, field String, effect String, baseline_value String, value String)) AS compared
FROM
(
    SELECT
        *,
        arrayMap(
            p -> (p.1, p.2, p.3, if(p.3.field != '', arrayFirst(s -> s.item = p.3.parent, settings), arrayFirst(s -> s.item = p.2.parent, baseline)).label),
            arrayMap(
                key -> (key, found(key, baseline), found(key, settings)),
                if(gone OR empty(baseline) OR project_id = ${baseline:singlequote}, [], arrayDistinct(arrayMap(s -> (s.label, s.field), arrayConcat(settings, baseline)))))) AS pairs
    FROM
    (
        SELECT
            *,
            argMaxIf(settings, ver, newest AND NOT gone AND project_id = if(${baseline:singlequote} = 'tenant', '', ${baseline:singlequote}))
                OVER (PARTITION BY tenant, kind, config_key) AS baseline
        FROM {{dash_gate_states}}
    )
    WHERE project_id != '' AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
)
