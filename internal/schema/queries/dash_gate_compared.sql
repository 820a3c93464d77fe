-- Every state of the configurations of the chosen projects, setting by setting,
-- against the baseline as of the end of the time range: the configuration of the
-- tenant, or of the chosen project, that is of the same kind and name. Settings
-- of a part that only one of the two has are one row, "exists". Where the
-- baseline has no such configuration there is nothing to compare.
SELECT
    *,
    multiIf(
        in_base AND in_own AND base.value = own.value, 'same',
        field = 'exists' AND was_off, 'differs',
        field = 'exists' AND in_base, 'weaker',
        field = 'exists', 'stronger',
        base.relation != own.relation OR base.relation = '', 'differs',
        base.relation = 'switch', multiIf(base.value = 'true', 'weaker', own.value = 'true', 'stronger', 'differs'),
        base.relation = 'set', multiIf(
            hasAll(arrayFilter(x -> x != '', splitByString(', ', base.value)), arrayFilter(x -> x != '', splitByString(', ', own.value))), 'weaker',
            hasAll(arrayFilter(x -> x != '', splitByString(', ', own.value)), arrayFilter(x -> x != '', splitByString(', ', base.value))), 'stronger',
            'differs'),
        toFloat64OrNull(base.value) IS NULL OR toFloat64OrNull(own.value) IS NULL OR toFloat64OrNull(base.value) = toFloat64OrNull(own.value), 'differs',
        (toFloat64OrNull(own.value) > toFloat64OrNull(base.value)) = (base.relation = 'min'), 'stronger',
        'weaker') AS effect
FROM
(
    SELECT
        p.tenant AS tenant,
        p.project_id AS project_id,
        p.kind AS kind,
        p.config_name AS config_name,
        p.observed_at AS observed_at,
        p.ver AS ver,
        p.newest AS newest,
        key.1 AS item,
        key.2 AS field,
        arrayFirst(s -> s.label = key.1 AND s.field = key.2, b.settings) AS base,
        arrayFirst(s -> s.label = key.1 AND s.field = key.2, p.settings) AS own,
        base.field != '' AS in_base,
        own.field != '' AS in_own,
        if(in_own, p.settings, b.settings) AS held,
        arrayFirst(s -> s.item = if(in_own, own.parent, base.parent), held).label AS parent,
        arrayExists(s -> s.label = item AND s.relation = 'switch' AND s.field != 'exists' AND s.value = 'false', held) AS was_off
    FROM
    (
        SELECT *
        FROM {{dash_gate_states}}
        WHERE project_id != '' AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
            AND project_id != ${baseline:singlequote} AND NOT gone
    ) AS p
    INNER JOIN
    (
        SELECT tenant, kind, config_key, argMax(s.settings, s.ver) AS settings
        FROM {{dash_gate_states}} AS s
        WHERE newest AND NOT gone AND project_id = if(${baseline:singlequote} = 'tenant', '', ${baseline:singlequote})
        GROUP BY tenant, kind, config_key
    ) AS b ON b.tenant = p.tenant AND b.kind = p.kind AND b.config_key = p.config_key
    ARRAY JOIN arrayDistinct(arrayConcat(arrayMap(s -> (s.label, s.field), p.settings), arrayMap(s -> (s.label, s.field), b.settings))) AS key
    WHERE in_base AND in_own
        OR field = 'exists' AND arrayExists(s -> s.label = parent, p.settings) AND arrayExists(s -> s.label = parent, b.settings)
)
