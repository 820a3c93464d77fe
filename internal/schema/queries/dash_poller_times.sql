-- When each poller was last well, as freshness says it of now, and as of As of where
-- that is in the past: from the records of the two days before, and from what is kept
-- of each day (poll_days). Of a poller without a good round in those two days it is
-- the end of its last complete listing, or of the first round without an error of its
-- last day, also if that was held back; how much a listing had is then not known, and
-- the schedule is that of now.
SELECT tenant, scope, poller, kinds, every_s, last_good_poll_at, last_complete_at, last_complete_total, last_errors
FROM freshness
WHERE {{dash_is_now}}
UNION ALL
SELECT
    h.tenant, h.scope, h.poller, k.kinds, ifNull(argMax(h.every_s, h.ver), k.every_s),
    max(h.good_at), max(h.complete_at), argMaxIf(h.total, h.complete_at, h.complete_at IS NOT NULL), argMax(h.errors, h.ver)
FROM
(
    SELECT
        tenant, scope, poller, ver,
        if(p.errors = 0 AND held = 0, finished_at, NULL) AS good_at,
        if(complete AND p.errors = 0, finished_at, NULL) AS complete_at,
        toNullable(p.total) AS total,
        p.errors AS errors,
        p.every_s AS every_s
    FROM {{dash_polls_before}} AS p
    WHERE last
    UNION ALL
    SELECT
        tenant, scope, poller, 0,
        CAST(greatest(answered_at, swept_at), 'DateTime64(3, \'UTC\')'),
        nullIf(CAST(swept_at, 'DateTime64(3, \'UTC\')'), toDateTime64(0, 3, 'UTC')),
        NULL, 0, NULL
    FROM poll_days FINAL
    WHERE NOT {{dash_is_now}} AND day < toDate({{dash_as_of}})
) AS h
LEFT JOIN (SELECT tenant, scope, poller, kinds, every_s FROM newest_polls FINAL WHERE what = 'round') AS k ON k.tenant = h.tenant AND k.scope = h.scope AND k.poller = h.poller
GROUP BY h.tenant, h.scope, h.poller, k.kinds, k.every_s
