-- The poll records of 90 days: of every project one a minute that looks for new
-- runs, and one every five minutes of each other poller; of the tenant one a minute
-- that looks at open runs, and those of its own lists. Some lists turn empty for a
-- round, and some lack too much to be believed.
INSERT INTO polls (tenant, scope, poller, epoch, seq, stored_at, poll_id, part, last, events, complete, total, pages, calls, errors, held, kinds, started_at, finished_at, version, op, observed_at, ver)
WITH
    90 * 24 * 60 AS minutes,
    {projects:UInt64} AS projects
SELECT
    'scale', if(p = projects, '_tenant', lower(hex(MD5(concat('project ', toString(p)))))) AS scope,
    poller.1, 1, (minutes - minute) * 16 * (projects + 1) + p * 16 + poller.3 AS seq, at, toString(seq), 0, true, 1, poller.1 != 'active' AND held = 0 AS complete, if(poller.1 = 'gates' AND p % 7 = 3 AND minute % 5000 = 85, 0, 100), 2, 2, 0, if(poller.1 = 'project_rule_sets' AND p % 11 = 5 AND minute % 10000 = 15, 40, 0) AS held, ['pipeline', 'run'], at - INTERVAL 1 SECOND, at, 'scale', 'completed', at, seq
FROM
(
    SELECT
        intDiv(number, minutes) AS p,
        number % minutes AS minute,
        {now:DateTime64(3, 'UTC')} - toIntervalMinute(minute) AS at,
        if(p < projects,
            [('pipelines', 1, 0), ('gaps', 5, 1), ('history', 5, 2), ('details', 5, 3), ('logs', 5, 4), ('gates', 5, 5), ('project_rule_sets', 5, 6), ('project_open_source', 5, 7)],
            [('active', 1, 0), ('projects', 5, 1), ('tenant_gate', 5, 2), ('rule_sets', 5, 3), ('open_source', 5, 4), ('rules', 5, 5), ('repositories', 60, 6)]) AS pollers
    FROM numbers(minutes * (projects + 1))
)
ARRAY JOIN pollers AS poller
WHERE minute % poller.2 = 0
