INSERT INTO polls (tenant, scope, poller, epoch, seq, stored_at, poll_id, part, last, events, complete, total, pages, calls, errors, kinds, started_at, finished_at, version, op, observed_at, ver)
SELECT 'scale', project_id, poller, 1, seq, at, toString(seq), 0, true, 1, poller != 'active', 100, 2, 2, 0, ['pipeline', 'run'], at - INTERVAL 1 SECOND, at, 'scale', 'completed', at, seq
FROM
(
    SELECT
        90 * 24 * 60 * {projects:UInt64} * 4 - number AS seq,
        lower(hex(MD5(concat('project ', toString(number % {projects:UInt64}))))) AS project_id,
        ['pipelines', 'active', 'history', 'details'][1 + intDiv(number, {projects:UInt64}) % 4] AS poller,
        intDiv(number, 4 * {projects:UInt64}) AS minute,
        {now:DateTime64(3, 'UTC')} - toIntervalMinute(minute) AS at
    FROM numbers(4 * {projects:UInt64} * 60 * 24 * 90)
)
WHERE poller IN ('pipelines', 'active') OR minute % 5 = 0
