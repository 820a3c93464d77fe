-- Every state of the gate configurations of the chosen projects that held in the
-- time range, or holds at its end, with its settings against the baseline that held at the same
-- time: the configuration of the tenant, or of the chosen project, that is of the
-- same kind and name; of several the newest. A state has a row for each stretch of
-- time, from_at until until, in which the baseline is the same one; newest is the
-- one at the end. compared has the settings of a chosen project that differ; those
-- of a part that only one of the two has are one, "exists". Weaker and stronger are only
-- said where all switches above are on in both. What a project had and that is gone
-- is one setting, "exists", until another configuration of that name takes its place.
-- n counts all that were compared. It is 0 where nothing is to be compared: without
-- such a baseline, of the baseline's project.
WITH
    (key, list) -> arrayFirst(s -> s.label = key.1 AND s.field = key.2, list) AS found,
    (labels, list) -> arrayFilter(s -> has(labels, s.label), list) AS named,
    (part, list) -> arrayFilter(s -> has(arrayMap(p -> p.parent, part), s.item), list) AS parents,
    texts -> arrayFilter(x -> x != '', splitByString(', ', texts)) AS members,
    /* As in gate_changes, by names. */
    (s, label, field) -> multiIf(
        s.label = label AND s.field = field, false,
        s.field IN ('checked', 'enable', 'is_valid'), s.label IN ('', label) OR s.field = 'is_valid' AND startsWith(label, concat(s.label, ' / ')),
        s.field = 'version_set', label != '',
        s.field = 'security', match(field, '^(severity|cve)'),
        field = concat(s.field, ' values')) AS governs,
    (key, b, o, idle) -> multiIf(
        b.field != '' AND o.field != '' AND b.value = o.value, 'same',
        idle, 'differs',
        key.2 = 'exists' AND b.field != '', 'weaker',
        key.2 = 'exists', 'stronger',
        b.relation != o.relation OR b.relation = '', 'differs',
        b.relation = 'switch', multiIf(b.value = 'true', 'weaker', o.value = 'true', 'stronger', 'differs'),
        b.relation = 'set', multiIf(hasAll(members(b.value), members(o.value)), 'weaker', hasAll(members(o.value), members(b.value)), 'stronger', 'differs'),
        toFloat64OrNull(b.value) IS NULL OR toFloat64OrNull(o.value) IS NULL OR toFloat64OrNull(b.value) = toFloat64OrNull(o.value), 'differs',
        (toFloat64OrNull(o.value) > toFloat64OrNull(b.value)) = (b.relation = 'min'), 'stronger',
        'weaker') AS effect_of
SELECT
    * EXCEPT (baseline, keys, own, base, off, differing),
    arrayMap(
        p -> (p.1.1, p.1.2, effect_of(p.1, p.2, p.3, arrayExists(s -> governs(s, p.1.1, p.1.2), off)), if(p.2.field = '', 'false', p.2.value), if(p.3.field = '', 'false', p.3.value)),
        differing)
        ::Array(Tuple(item String, field String, effect String, baseline_value String, value String)) AS compared,
    if(against = 0, 0, length(arrayIntersect(arrayMap(s -> (s.label, s.field), settings), arrayMap(s -> (s.label, s.field), baseline))) + arrayCount(p -> p.2.field = '' OR p.3.field = '', differing)) AS n
FROM
(
    /* Of hundreds of settings few differ: only they and the parts that they belong to are held against each other. */
    SELECT
        *,
        multiIf(against = 0, [], gone, [('', 'exists')], arrayDistinct(arrayMap(s -> (s.1, s.2), arraySymmetricDifference(arrayMap(s -> (s.label, s.field, s.value), settings), arrayMap(s -> (s.label, s.field, s.value), baseline))))) AS keys,
        named(keys.1, settings) AS own,
        named(keys.1, baseline) AS base,
        arrayFilter(s -> s.relation = 'switch' AND s.value = 'false' AND s.field != 'exists', arrayConcat(settings, baseline)) AS off,
        arrayFilter(
            p -> p.2.field != '' AND p.3.field != '' OR p.1.2 = 'exists' AND has(settings.label, p.4) AND has(baseline.label, p.4),
            arrayMap(
                (key, b, o) -> (key, b, o, if(o.field != '', arrayFirst(s -> s.item = o.parent, parents(own, settings)), arrayFirst(s -> s.item = b.parent, parents(base, baseline))).label),
                keys, arrayMap(key -> found(key, base), keys), arrayMap(key -> found(key, own), keys))) AS differing
    FROM
    (
        /* The baseline of a state is looked for by its number alone, as settings are many. */
        SELECT *, anyIf(settings, is_baseline) OVER (PARTITION BY tenant, kind, config_key, if(is_baseline, ver, against)) AS baseline
        FROM
        (
            SELECT
                * EXCEPT (until, newest, baselines, held, stretch),
                stretch.1 AS from_at,
                stretch.2 AS until,
                until = toDateTime64('2200-01-01', 3, 'UTC') AS newest,
                /* Another one of the name that lived after this one went took its place. */
                if(
                    is_baseline OR gone AND arrayExists(h -> h.1 <= from_at AND h.2 > observed_at, held), 0,
                    arrayMax(arrayMap(b -> if(b.1 <= from_at AND from_at < b.2, b.3, 0), baselines))) AS against
            FROM
            (
                SELECT
                    *,
                    arraySort(arrayDistinct(arrayConcat([observed_at], arrayFilter(t -> t > observed_at AND t < until, if(is_baseline, [], arrayConcat(baselines.1, baselines.2, if(gone, held.1, []))))))) AS turns,
                    arrayZip(turns, arrayPushBack(arrayPopFront(turns), until)) AS stretches
                FROM
                (
                    SELECT
                        *,
                        groupArrayIf((observed_at, until, ver), is_baseline AND NOT gone) OVER (PARTITION BY tenant, kind, config_key) AS baselines,
                        groupArrayIf((observed_at, until), NOT gone) OVER (PARTITION BY tenant, project_id, kind, config_key) AS held
                    FROM (SELECT *, project_id = if(${baseline:singlequote} = 'tenant', '', ${baseline:singlequote}) AS is_baseline FROM {{dash_gate_states}})
                )
            )
            ARRAY JOIN arrayFilter(s -> s.2 > $__fromTime, stretches) AS stretch
        )
    )
    WHERE project_id != '' AND $__conditionalAll(project_id IN (${project:singlequote}), $project)
)
