-- Differences between one observed state of a gate and the next, item by item.
-- Weakened: switched off, taken away, or the threshold moved so that more
-- passes. The time is when Artery saw it; CodeArts does not say who did it.
SELECT
    g.observed_at AS seen_at,
    g.tenant AS tenant,
    if(g.project_id = '', '(tenant)', if(n.project = '', g.project_id, n.project)) AS project,
    g.item AS item,
    g.effect AS effect,
    g.before AS before,
    g.after AS after
FROM
(
    SELECT
        tenant, project_id, observed_at, ver, item,
        arrayFirst(i -> i.1 = item, old) AS o,
        arrayFirst(i -> i.1 = item, new) AS c,
        multiIf(o.1 = '', 'none', o.3, concat('on ', o.2, ' ', ifNull(toString(o.4), '?')), concat('off ', o.2, ' ', ifNull(toString(o.4), '?'))) AS before,
        multiIf(c.1 = '', 'none', c.3, concat('on ', c.2, ' ', ifNull(toString(c.4), '?')), concat('off ', c.2, ' ', ifNull(toString(c.4), '?'))) AS after,
        startsWith(c.2, '≥') OR startsWith(c.2, '>') AS at_least,
        multiIf(
            o.3 AND NOT c.3, 'weakened',
            c.3 AND NOT o.3, 'strengthened',
            NOT c.3 OR o.2 != c.2 OR o.4 IS NULL OR c.4 IS NULL OR o.4 = c.4, 'changed',
            (c.4 > o.4) != at_least, 'weakened',
            'strengthened') AS effect
    FROM
    (
        SELECT
            tenant, project_id, ver, observed_at, new,
            lagInFrame(new) OVER gate AS old,
            row_number() OVER gate AS number
        FROM
        (
            SELECT tenant, project_id, gate_id, ver, observed_at, groupArray((name, compare_type, is_check, value)) AS new
            FROM gate_history FINAL
            WHERE $__conditionalAll(tenant IN (${tenant:singlequote}), $tenant)
                AND (project_id = '' OR $__conditionalAll(project_id IN (${project:singlequote}), $project))
            GROUP BY tenant, project_id, gate_id, ver, observed_at
        )
        WINDOW gate AS (PARTITION BY tenant, project_id, gate_id ORDER BY ver ROWS BETWEEN 1 PRECEDING AND CURRENT ROW)
    )
    ARRAY JOIN arrayDistinct(arrayConcat(arrayMap(i -> i.1, old), arrayMap(i -> i.1, new))) AS item
    WHERE number > 1
) AS g
LEFT JOIN {{dash_projects}} AS n ON n.tenant = g.tenant AND n.project_id = g.project_id
WHERE g.before != g.after AND $__timeFilter(g.observed_at)
ORDER BY g.observed_at DESC, g.ver DESC, item
LIMIT 100
